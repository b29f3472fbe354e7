package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;

/**
 * {@code lastword verify}: whether a receipt is of the events that somebody has. Asks nobody where
 * keys and events are files.
 */
final class VerifyCommand implements Command {
  private static final String KEYS = "keys";
  private static final String URL = "url";
  private static final String FILE = "file";
  private static final String DATA = "data";
  private static final String ARCHIVE = "archive";

  /** Under such an address events have ids of the stream; elsewhere they may be anybody's. */
  private static final String STREAM_PATH = "/v1/stream/";

  private static final int BODY_BYTES_MAX = 256 << 20;
  private static final int KEYS_BYTES_MAX = 1 << 20;
  private static final int CONNECT_MS = 10_000;
  private static final int READ_MS = 60_000;

  private final InputStream in;
  private final PrintStream out;

  VerifyCommand(InputStream in, PrintStream out) {
    this.in = in;
    this.out = out;
  }

  @Override
  public String name() {
    return "verify";
  }

  @Override
  public String summary() {
    return "Checks a receipt against the events of a stream, and says in one sentence what is"
        + " proved. RECEIPT is the receipt, or - to read it from standard input; left out, it is"
        + " the one that stands with the events. Exits with 1 if something differs.";
  }

  @Override
  public String argument() {
    return "[RECEIPT]";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(
            ConfigOptions.valued(
                KEYS,
                "URL|FILE",
                "The keys: a JWK Set, or receipts.keys. Needed but with --data, where it is"
                    + " DIR/receipts.keys."))
        .addOption(
            ConfigOptions.valued(URL, "URL", "The stream's own URL, such as …/v1/stream/ID."))
        .addOption(ConfigOptions.valued(FILE, "FILE", "A body of Server-Sent Events."))
        .addOption(ConfigOptions.valued(DATA, "DIR", "A data directory; nothing in it is changed."))
        .addOption(
            ConfigOptions.valued(
                ARCHIVE,
                "URL",
                "A database that an archive is in, jdbc:postgresql://…, whose user and password may"
                    + " stand in "
                    + Setting.ARCHIVE_USER.variable()
                    + " and "
                    + Setting.ARCHIVE_PASSWORD.variable()
                    + "; nothing in it is changed."));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    long sources =
        List.of(URL, FILE, DATA, ARCHIVE).stream().filter(name -> line.hasOption(name)).count();
    if (sources != 1) {
      throw new ConfigException(
          "verify needs one of --url URL, --file FILE, --data DIR and --archive URL");
    }
    var keysFrom = keysFrom(line);
    var keys = keys(keysFrom);
    var given = given(line.getArgList());
    SealedEvents found;
    SignedReceipt receipt;
    if (line.hasOption(DATA)) {
      receipt = receipt(given);
      found = kept(Path.of(line.getOptionValue(DATA)), receipt);
    } else if (line.hasOption(ARCHIVE)) {
      receipt = receipt(given);
      found = archived(line.getOptionValue(ARCHIVE), receipt);
    } else {
      found =
          line.hasOption(URL)
              ? ofUrl(line.getOptionValue(URL))
              : ofFile(Path.of(line.getOptionValue(FILE)));
      receipt = receipt(given.isEmpty() ? found.receipt() : given);
    }
    var difference = ReceiptCheck.difference(receipt, keys, keysFrom, found);
    out.println(
        difference
            .map(what -> "Not proved: of the receipt, " + what + ".")
            .orElseGet(() -> ReceiptCheck.proved(receipt, found)));
    return difference.isPresent() ? 1 : 0;
  }

  private static String keysFrom(CommandLine line) {
    if (line.hasOption(KEYS)) {
      return line.getOptionValue(KEYS);
    }
    if (line.hasOption(DATA)) {
      return Path.of(line.getOptionValue(DATA)).resolve(ReceiptKeys.FILE).toString();
    }
    throw new ConfigException("verify needs --keys URL or --keys FILE");
  }

  private String given(List<String> arguments) throws IOException {
    if (arguments.isEmpty()) {
      return "";
    }
    var word = arguments.getFirst();
    return word.equals("-")
        ? new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).strip()
        : word;
  }

  private static SignedReceipt receipt(String text) {
    if (text.isEmpty()) {
      throw new ConfigException(
          "there is no receipt: give it as RECEIPT, or with events that have one");
    }
    return SignedReceipt.read(text)
        .orElseThrow(
            () ->
                new ConfigException(
                    "RECEIPT is none: it has to be a JWS of type lastword-receipt+jwt or"
                        + " lastword-answer+jwt"));
  }

  private static SealedEvents kept(Path data, SignedReceipt receipt) {
    if (!Files.isDirectory(data)) {
      throw new ConfigException("there is no directory " + data);
    }
    var stream = receipt.claims().stream();
    return StreamId.parse(stream)
        .flatMap(id -> KeptEvents.of(data, id))
        .orElseThrow(() -> new ConfigException("there is no stream " + stream + " in " + data));
  }

  private static SealedEvents archived(String url, SignedReceipt receipt) {
    if (!url.startsWith(PostgresServer.SCHEME)) {
      throw new ConfigException("--archive has to begin with " + PostgresServer.SCHEME);
    }
    var server = server(url);
    var stream = receipt.claims().stream();
    return StreamId.parse(stream)
        .flatMap(id -> KeptEvents.archived(server, id))
        .orElseThrow(() -> new ConfigException("there is no stream " + stream + " in " + server));
  }

  private static PostgresServer server(String url) {
    try {
      return new PostgresServer(
          url, variable(Setting.ARCHIVE_USER), variable(Setting.ARCHIVE_PASSWORD));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--archive: " + e.getMessage());
    }
  }

  private static String variable(Setting setting) {
    return System.getenv().getOrDefault(setting.variable(), "");
  }

  private static SealedEvents ofFile(Path file) {
    try {
      if (Files.size(file) > BODY_BYTES_MAX) {
        throw new ConfigException(file + " is larger than " + BODY_BYTES_MAX + " bytes");
      }
      return ReadBody.of("in " + file, "", Files.readAllBytes(file), false);
    } catch (IOException e) {
      throw new ConfigException("cannot read " + file + ": " + e.getMessage());
    }
  }

  private static SealedEvents ofUrl(String url) {
    try {
      var connection = open(url);
      connection.setRequestProperty("accept", "text/event-stream");
      int status = connection.getResponseCode();
      if (status != 200) {
        throw new ConfigException(url + " answered " + status);
      }
      var stream = connection.getHeaderField("lastword-stream");
      var body = body(url, connection.getInputStream(), BODY_BYTES_MAX);
      boolean own = String.valueOf(connection.getURL().getPath()).contains(STREAM_PATH);
      return ReadBody.of("under " + url, stream == null ? "" : stream, body, own);
    } catch (IOException e) {
      throw new ConfigException("cannot read " + url + ": " + e.getMessage());
    }
  }

  private static HttpURLConnection open(String url) throws IOException {
    try {
      if (URI.create(url).toURL().openConnection() instanceof HttpURLConnection http) {
        http.setConnectTimeout(CONNECT_MS);
        http.setReadTimeout(READ_MS);
        return http;
      }
    } catch (IllegalArgumentException e) {
      throw new ConfigException(url + " is no URL");
    }
    throw new ConfigException(url + " has to begin with http:// or https://");
  }

  /** A stream that is no success ends with a broken connection: what came before that counts. */
  private static byte[] body(String from, InputStream in, int bytesMax) {
    var body = new ByteArrayOutputStream();
    var part = new byte[64 << 10];
    try (in) {
      for (int read = in.read(part); read >= 0; read = in.read(part)) {
        body.write(part, 0, read);
        if (body.size() > bytesMax) {
          throw new ConfigException(from + " is larger than " + bytesMax + " bytes");
        }
      }
    } catch (IOException e) {
      if (body.size() == 0) {
        throw new ConfigException("cannot read " + from + ": " + e.getMessage());
      }
    }
    return body.toByteArray();
  }

  private static List<ReceiptKey> keys(String from) {
    try {
      if (from.startsWith("http://") || from.startsWith("https://")) {
        return read(body(from, open(from).getInputStream(), KEYS_BYTES_MAX));
      }
      var file = Path.of(from);
      var text = Files.readString(file).strip();
      return text.startsWith("{")
          ? read(text.getBytes(StandardCharsets.UTF_8))
          : ReceiptKeys.read(file);
    } catch (IOException | JacksonException | IllegalArgumentException e) {
      throw new ConfigException("cannot read the keys of " + from + ": " + e.getMessage());
    }
  }

  /** The keys of Ed25519 in a JWK Set. */
  private static List<ReceiptKey> read(byte[] jwks) {
    var keys = new ArrayList<ReceiptKey>();
    for (var key : new ObjectMapper().readTree(jwks).path("keys")) {
      if (key.path("crv").asString("").equals("Ed25519")) {
        keys.add(ReceiptKey.checking(key.path("x").asString("")));
      }
    }
    return keys;
  }
}
