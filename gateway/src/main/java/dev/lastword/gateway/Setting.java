package dev.lastword.gateway;

import dev.lastword.cli.Spelling;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Everything that can be configured: by the file, by an environment variable, or by a flag. */
enum Setting {
  LISTEN("listen", "127.0.0.1:8080", "address and port to listen on"),
  UPSTREAM("upstream", "", "where requests are relayed to, http[s]://host[:port][/base]"),
  DATA("data", "lastword-data", "directory of the journal and the archive"),
  DRAIN_MS(
      "drain-ms", "30000", "time that running responses get when the process is asked to stop"),
  LOOPS("loops", "0", "event loops; 0 for one on each core"),
  LOG_FORMAT("log.format", "text", "text or json"),
  LOG_LEVEL("log.level", "info", "error, warn, info or debug"),
  TLS_CERTIFICATE(
      "tls.certificate",
      "",
      "PEM file of the server's certificate and those that lead to its root; empty: no TLS"),
  TLS_KEY("tls.key", "", "PEM file of its private key, PKCS#8 without a password"),
  TLS_CLIENT_CA(
      "tls.client-ca",
      "",
      "PEM file of the authorities whose certificates clients have to show; empty: none"),
  CONNECTIONS("limits.connections-max", "10000", "open client connections; more are answered 503"),
  ADDRESS_CONNECTIONS(
      "limits.address-connections-max",
      "256",
      "open connections of one address, of one /64 of IPv6; more are answered 429; none are counted"
          + " of this machine's own"),
  OWNER_CALLS(
      "limits.owner-calls-max",
      "0",
      "calls of one owner that run at once; 429 beyond; 0 for three quarters of"
          + " relay.calls-max"),
  OWNER_GENERATIONS(
      "limits.owner-generations-max",
      "0",
      "responses of one owner that stream at once; 429 beyond; 0 for three quarters"
          + " of streams.generations-max"),
  OWNER_UNATTENDED(
      "limits.owner-unattended-max",
      "0",
      "running responses of one owner that nobody reads; 429 for new ones beyond; 0 for three"
          + " quarters of relay.unattended-max"),
  OWNER_STARTS(
      "limits.owner-starts-per-minute-max",
      "6000",
      "streams that one owner begins in a minute; 429 beyond; 0 for no bound"),
  OWNER_BYTES(
      "limits.owner-bytes-max",
      "0",
      "bytes of events that are kept of one owner; 429 for new streams beyond; 0 for no bound"),
  STREAM_SUBSCRIBERS(
      "subscribers.stream-max", "100000", "readers of one stream; more are answered 503"),
  HTTP2_STREAMS("limits.http2-streams-max", "100", "requests at once on one HTTP/2 connection"),
  HTTP2_RESETS(
      "limits.http2-resets-max",
      "100",
      "requests that an HTTP/2 client may take back in 10 s; then its connection ends"),
  REQUEST_LINE("limits.request-line-bytes-max", "8192", "longest request line; 414 beyond"),
  HEADER_BYTES(
      "limits.header-bytes-max", "32768", "all header fields of a request together; 431 beyond"),
  HEADER_FIELDS("limits.header-fields-max", "100", "number of header fields; 431 beyond"),
  HEADER_READ(
      "limits.header-read-ms",
      "10000",
      "time for a request's head, from its first byte; 408 beyond"),
  BODY_BYTES("limits.body-bytes-max", "33554432", "longest request body; 413 beyond"),
  BODY_READ("limits.body-read-ms", "60000", "time for a request's body; 408 beyond"),
  KEEP_ALIVE(
      "limits.keep-alive-ms",
      "60000",
      "time between two requests of a connection; then it is closed"),
  ANSWER_BYTES(
      "limits.answer-bytes-max",
      "0",
      "memory that assembled answers and the beginnings of requests take together; 503 beyond; 0"
          + " for a quarter of the heap"),
  HEAP_REFUSE(
      "limits.heap-refuse-percent",
      "90",
      "part of the heap that lives, from which on new streams are answered 503"),
  HEAP_RELEASE(
      "limits.heap-release-percent",
      "95",
      "part of the heap that lives, from which on readers that stand still are closed early"),
  HEAP_STALL(
      "limits.heap-stall-ms",
      "2000",
      "time that a reader may take nothing from limits.heap-release-percent on"),
  STALL(
      "subscribers.stall-ms",
      "30000",
      "time that a reader may take nothing while bytes wait for it; then it is closed"),
  HEARTBEAT("subscribers.heartbeat-ms", "15000", "silence after which a reader gets a comment"),
  ROLLOVER(
      "subscribers.rollover-ms",
      "0",
      "longest time that an EventSource's connection is open, which comes back by itself; 0: any"),
  ACCESS_HOSTS(
      "access.hosts",
      "",
      "names accepted as Host, beside this machine's own where only it reaches the listener; with ;"
          + " between them"),
  ACCESS_ORIGINS(
      "access.origins",
      "",
      "origins of other sites whose pages may write and start streams; with ; between them"),
  TRUSTED_PROXIES(
      "access.trusted-proxies",
      "",
      "addresses and blocks of proxies that are believed for whom they ask; with ; between them"),
  ACCESS_MODE(
      "access.mode", "credentials", "how owners are told apart: credentials, keys, jwt, open"),
  ACCESS_ANONYMOUS(
      "access.anonymous",
      "auto",
      "whether requests without credentials are answered: true, false; auto: by access.mode"
          + " credentials, on a loopback listener"),
  ACCESS_HEADER(
      "access.header", "", "field that names the owner where no credentials are; set by a proxy"),
  ACCESS_COOKIE("access.cookie", "", "cookie that names the owner where no credentials are"),
  LINK_SECONDS(
      "access.link-seconds",
      "900",
      "how long the link in the head of a relayed stream is good; 0 for none"),
  JWT_KEYS("jwt.keys", "", "file or https URL of the issuer's public keys, a JWKS"),
  JWT_ISSUER("jwt.issuer", "", "issuer that a token has to name"),
  JWT_AUDIENCE("jwt.audience", "", "audience that a token has to name"),
  JWT_ALGORITHMS("jwt.algorithms", "RS256; ES256", "algorithms that a token may be signed with"),
  JWT_OWNER_CLAIM("jwt.owner-claim", "sub", "claim of a token that names the owner"),
  JWT_TENANT_CLAIM("jwt.tenant-claim", "", "claim that names the tenant; empty for none"),
  ADMIN_TOKEN("admin.token", "", "token that sees and stops everything; a secret"),
  ADMIN_LISTEN("admin.listen", "", "address and port for administrators and /metrics alone"),
  CALLS("relay.calls-max", "10000", "calls to the upstream that run at once; 503 beyond"),
  UNATTENDED(
      "relay.unattended-max",
      "1000",
      "running responses that nobody reads; 503 for new ones beyond"),
  UNATTENDED_MS(
      "relay.unattended-ms",
      "2592000000",
      "time that a running response may go on without a reader; then it is cancelled"),
  ON_DISCONNECT(
      "relay.on-disconnect",
      "auto",
      "when the last reader has gone: continue, cancel, cancel-after=30s; auto: only answers"
          + " continue"),
  HOLD(
      "relay.hold-ms",
      "5000",
      "time that the beginning of an answer is held until its first content, so that a failure"
          + " before that is a status; 0 to hold nothing"),
  REPEATED(
      "relay.repeated-bytes-max",
      "8388608",
      "largest request body that another upstream of a route can be asked with"),
  WEBSOCKET(
      "relay.websocket",
      "tunnel",
      "a request to become a WebSocket: tunnel it to the upstream, or refuse it with 403"),
  RESUME(
      "relay.resume",
      "none",
      "whose clients come back to their answers by requests of their own: none, ai-sdk, workflow,"
          + " tanstack, ag-ui, mcp"),
  UPSTREAM_HTTP2(
      "relay.http2",
      "auto",
      "HTTP/2 to upstreams: auto where they choose it in the handshake of TLS, off, prior-knowledge"
          + " in plain TCP too"),
  PING(
      "relay.ping-ms",
      "30000",
      "silence of an HTTP/2 upstream that owes answers, after which it is asked whether it is"
          + " there, and as long again for it to say so; 0 to never ask"),
  CONNECT("relay.connect-ms", "10000", "time for the upstream to accept a connection; 502 beyond"),
  HEAD("relay.head-ms", "600000", "time for the upstream to begin its answer; 504 beyond"),
  IDLE(
      "relay.idle-ms",
      "600000",
      "silence in an answer that is no event stream; then it is cut off"),
  KEEP(
      "relay.keep-ms",
      "4000",
      "time that an idle upstream connection is kept; less if the upstream says so"),
  CA_FILE(
      "relay.ca-file",
      "",
      "PEM file of certificates to trust at the upstream, in place of the JDK's"),
  DIALECT(
      "dialect.name",
      "",
      "dialect of all event streams whose path dialect.paths does not name; empty: told by the"
          + " response"),
  DIALECT_PATHS(
      "dialect.paths",
      "",
      "PATH=DIALECT with ; between them; a path that ends with * names all that begin so"),
  MARKERS(
      "dialect.markers",
      "data=[DONE]; event=close",
      "what ends plain SSE: event=TYPE, data=TEXT or /JSON/POINTER=VALUE, with ; between them"),
  MARKER_REQUIRED(
      "dialect.marker-required", "false", "true: plain SSE that ends without a marker was cut off"),
  TAIL("streams.tail-ms", "5000", "time after the terminal event for what is late"),
  ENDING_SILENCE(
      "streams.ending-silence-ms",
      "30000",
      "silence after an ending event that no terminal event follows; then the answer is complete"),
  STREAM_IDLE("streams.idle-ms", "600000", "silence of an event stream; then it ends failed"),
  DURATION("streams.duration-ms", "3600000", "longest response; then it ends failed"),
  RESPONSE_BYTES("streams.response-bytes-max", "67108864", "largest response; then it ends failed"),
  EVENT_BYTES(
      "streams.event-bytes-max",
      "16777216",
      "largest event, at most 16777216; then the response ends failed"),
  PENDING_BYTES(
      "streams.pending-bytes-max",
      "1048576",
      "bytes of one response that wait for the disk; then its upstream waits"),
  RESIDENT_BYTES(
      "streams.resident-bytes-max", "1048576", "bytes of one running response kept in memory"),
  ASK_USAGE(
      "streams.ask-usage",
      "false",
      "true: asks upstreams of OpenAI chat for usage where a client does not, and hides it from"
          + " it"),
  GENERATIONS(
      "streams.generations-max", "10000", "responses that stream at once; more are answered 503"),
  PRODUCERS(
      "producers.enabled",
      "auto",
      "whether applications may write streams themselves: true, false; auto: not by access.mode"
          + " credentials on another than a loopback listener"),
  PRODUCER_LEASE(
      "producers.lease-ms",
      "30000",
      "time without a word of an application that writes a stream itself, or saves it; then the"
          + " stream ends interrupted, or another process may save it"),
  SAVE(
      "save.hooks",
      "",
      "names of the hooks that have to acknowledge an answer before its ending is said; empty: the"
          + " journal is the save"),
  SAVE_POLICY(
      "save.policy",
      "withhold",
      "when readers are told the ending: withhold, once every hook has acknowledged; publish, no"
          + " later than save.patience-ms; journal, once it is in the journal"),
  SAVE_FACTS(
      "save.facts",
      "",
      "what hooks are told of the request: NAME=/JSON/POINTER into its body or NAME=header:FIELD,"
          + " with ; between them"),
  SAVE_TIMEOUT(
      "save.timeout-ms",
      "10000",
      "time for one call of a hook, from its turn on; then it is called again"),
  SAVE_RETRY_MAX(
      "save.retry-max-ms", "30000", "longest wait between two calls of a hook that has failed"),
  SAVE_PATIENCE("save.patience-ms", "5000", "how long the policy publish waits for the hooks"),
  SAVE_HOLD(
      "save.hold-ms",
      "30000",
      "time after which readers are told that the answer waits to be saved, again and again"),
  SAVE_GIVE_UP(
      "save.give-up-ms",
      "86400000",
      "how long hooks are called; then the answer counts as rejected"),
  RECEIPTS(
      "receipts.mode",
      "wire",
      "receipts of what was sealed: wire, with the last event and in the API; api, in the API only;"
          + " off, none"),
  RETENTION_AGE("retention.days", "30", "how long an answer is kept after its end"),
  RETENTION_BYTES(
      "retention.bytes-max", "68719476736", "events that the archive keeps; then the oldest go"),
  RETENTION_FULL_DISK(
      "retention.full-disk-seconds",
      "604800",
      "while the disk is full the oldest answers go, but none that ended less long ago"),
  RESERVE_BYTES(
      "archive.reserve-bytes",
      "33554432",
      "room kept free for a full disk, at most a sixteenth of it; 0 for none"),
  ARCHIVE_URL(
      "archive.url",
      "",
      "jdbc:postgresql://host[:port]/database, where the archive is in place of the data directory;"
          + " same: where the journal is; empty: in a file there; a secret"),
  ARCHIVE_USER("archive.user", "", "user of that database; empty where the URL says it"),
  ARCHIVE_PASSWORD(
      "archive.password", "", "password of that user; empty where the URL says it; a secret"),
  JOURNAL_URL(
      "journal.url",
      "",
      "jdbc:postgresql://host[:port]/database or kafka://host:port[,host:port...]/topic, where the"
          + " journal is in place of the data directory; empty: in files there; a secret"),
  JOURNAL_USER("journal.user", "", "user there; empty where the URL says it, or there is none"),
  JOURNAL_PASSWORD(
      "journal.password", "", "password of that user; empty where the URL says it; a secret"),
  SEGMENT_BYTES("journal.segment-bytes", "67108864", "size of a journal segment"),
  NODE_ADDRESS(
      "node.address",
      "",
      "http[s]://host:port, where the other gateways on the same databases reach this one; empty:"
          + " it is alone there"),
  NODE_SECRET(
      "node.secret",
      "",
      "by what they know each other, the same on all, at least 32 characters; a secret"),
  NODE_NAME(
      "node.name",
      "",
      "name that a gateway keeps when it is started again; empty: that of its address");

  /** The ends of keys whose values are not shown. A URL may hold a password. */
  private static final Set<String> SECRETS =
      Set.of("token", "secret", "password", "journal.url", "archive.url");

  private static final Set<String> LISTS =
      Set.of(
          "access.hosts",
          "access.origins",
          "access.trusted-proxies",
          "dialect.paths",
          "dialect.markers",
          "save.hooks",
          "save.facts");

  /** Sections that have a value of their own: it is that of this key. */
  private static final Map<String, String> SHORT =
      Map.of("dialect", "dialect.name", "save", "save.hooks");

  /** What is decided at the start: these keys, and all that begin so. */
  private static final List<String> OF_START =
      List.of(
          "listen",
          "admin.listen",
          "data",
          "loops",
          "log.",
          "tls.",
          "streams.generations-max",
          "producers.",
          "save.timeout-ms",
          "save.retry-max-ms",
          "save.patience-ms",
          "save.hold-ms",
          "save.give-up-ms",
          "receipts.",
          "retention.",
          "archive.",
          "journal.",
          "node.");

  private final String key;
  private final String standard;
  private final String meaning;

  Setting(String key, String standard, String meaning) {
    this.key = key;
    this.standard = standard;
    this.meaning = meaning;
  }

  /** Its name in the file and on the command line, such as {@code limits.body-bytes-max}. */
  String key() {
    return key;
  }

  String standard() {
    return standard;
  }

  String meaning() {
    return meaning;
  }

  /** Whether its value is never shown. */
  boolean isSecret() {
    return SECRETS.stream().anyMatch(key::endsWith);
  }

  /** Whether a file may give it as a list, which stands for its items with {@code ;} between. */
  boolean isList() {
    return LISTS.contains(key);
  }

  /** Whether a configuration that is read again changes nothing of it. */
  boolean isOfStart() {
    return OF_START.stream()
        .anyMatch(start -> start.endsWith(".") ? key.startsWith(start) : key.equals(start));
  }

  /** Its name in the environment, such as {@code LASTWORD_LIMITS_BODY_BYTES_MAX}. */
  String variable() {
    return "LASTWORD_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  static Optional<Setting> named(String key) {
    var whole = whole(key);
    return Arrays.stream(values()).filter(setting -> setting.key.equals(whole)).findFirst();
  }

  /** The key that a section's name alone stands for, such as {@code save}; any other as it is. */
  static String whole(String key) {
    return SHORT.getOrDefault(key, key);
  }

  /** The key that is most like this word. */
  static String nearest(String word) {
    var keys = Arrays.stream(values()).map(Setting::key).toList();
    return Spelling.nearest(word, keys).orElseThrow();
  }
}
