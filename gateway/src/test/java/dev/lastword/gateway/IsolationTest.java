package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.StreamId;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every path to a stream, for everybody who may come by it: what is another's is answered, to the
 * last byte, as what is not there.
 */
class IsolationTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String RUNNING = "/running/v1/chat/completions";
  private static final String ADMIN_TOKEN = "admin-token-of-the-tests";
  private static final String NO_STREAM = "AAAAAAAAAAAAAAAAAAAAAAAA";

  @TempDir Path data;
  private ScriptedUpstream upstream;

  @SuppressWarnings("NullAway.Init") // by the test
  private TestGateway gateway;

  @SuppressWarnings("NullAway.Init") // by the test
  private Secrets secrets;

  /** Where the gateway listens, which decides about those without credentials. */
  enum Listener {
    LOOPBACK("127.0.0.1:0", 404),
    PUBLIC("0.0.0.0:0", 401);

    final String address;
    final int nobody;

    Listener(String address, int nobody) {
      this.address = address;
      this.nobody = nobody;
    }
  }

  enum Asking {
    OWNER,
    OTHER,
    NOBODY,
    READ_LINK,
    CANCEL_LINK,
    EXPIRED_LINK,
    ADMIN
  }

  /** A path, with the status of each who may; nobody else may. */
  enum Way {
    READ("GET", "/v1/stream/{id}", 200, true, false),
    HEAD("HEAD", "/v1/stream/{id}", 200, true, false),
    RESUME("GET", "/v1/stream/{id}?lastEventId=1-1", 200, true, false),
    STATE("GET", "/api/streams/{id}", 200, true, false),
    RESPONSE("GET", "/api/streams/{id}/response", 200, true, false),
    CANCEL("POST", "/api/streams/{id}/cancel", 200, false, true),
    LINKS("POST", "/api/streams/{id}/links", 201, false, false),
    DELETE("DELETE", "/api/streams/{id}", 204, false, false);

    final String method;
    final String target;
    final int status;
    final boolean byReadLink;
    final boolean byCancelLink;

    Way(String method, String target, int status, boolean byReadLink, boolean byCancelLink) {
      this.method = method;
      this.target = target;
      this.status = status;
      this.byReadLink = byReadLink;
      this.byCancelLink = byCancelLink;
    }

    boolean isOpenTo(Asking who) {
      return switch (who) {
        case OWNER, ADMIN -> true;
        case OTHER, NOBODY, EXPIRED_LINK -> false;
        case READ_LINK -> byReadLink;
        case CANCEL_LINK -> byCancelLink;
      };
    }

    /** Whether a link can be shown there at all. */
    boolean knowsLinks() {
      return byReadLink || byCancelLink;
    }
  }

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(
        CHAT, x -> x.stream().delta("secret ").delta("answer").finish().data("[DONE]").end());
    upstream.on(
        RUNNING,
        x -> {
          x.stream().delta("secret ");
          x.peerCloses(20);
        });
  }

  private void listen(Listener where) {
    var set = new EnumMap<Setting, String>(Setting.class);
    set.put(Setting.LISTEN, where.address);
    set.put(Setting.ADMIN_TOKEN, ADMIN_TOKEN);
    gateway = TestGateway.start(data, upstream.url(), set);
    secrets = Secrets.open(data, System.currentTimeMillis());
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) { // not where a start was refused
      gateway.close();
    }
    upstream.close();
  }

  // --- who asks

  private static String[] credentials(Asking who) {
    return switch (who) {
      case OWNER -> new String[] {"authorization", "Bearer of-the-owner"};
      case OTHER -> new String[] {"authorization", "Bearer of-another"};
      case ADMIN -> new String[] {"authorization", "Bearer " + ADMIN_TOKEN};
      case NOBODY, READ_LINK, CANCEL_LINK, EXPIRED_LINK -> new String[0];
    };
  }

  /** Starts a stream of the owner's, in a conversation of its own; returns its id. */
  private String begin(String path, String... more) throws Exception {
    var headers = new String[2 + more.length];
    System.arraycopy(credentials(Asking.OWNER), 0, headers, 0, 2);
    System.arraycopy(more, 0, headers, 2, more.length);
    try (var client = gateway.client()) {
      var fields = new String[headers.length / 2];
      for (int i = 0; i < fields.length; i++) {
        fields[i] = headers[2 * i] + ": " + headers[2 * i + 1];
      }
      var head = client.post(path, "{\"model\":\"m\",\"messages\":[]}", fields).head();
      assertThat(head.status()).isEqualTo(200);
      if (path.equals(CHAT)) {
        client.body(head, Long.MAX_VALUE);
      } else {
        client.readUntil("secret");
      }
      return head.header("lastword-stream");
    }
  }

  private HttpResponse<String> ask(String method, String target, Asking who) throws Exception {
    var request =
        gateway.request(target, credentials(who)).method(method, BodyPublishers.noBody()).build();
    return gateway.send(request);
  }

  /** The query by which somebody comes who has a link to a stream. */
  private String link(String id, Asking who, Way way) throws Exception {
    var right = who == Asking.CANCEL_LINK || way == Way.CANCEL ? "cancel" : "read";
    return switch (who) {
      case OWNER, OTHER, NOBODY, ADMIN -> "";
      case READ_LINK -> made(id, "read");
      case CANCEL_LINK -> made(id, "cancel");
      case EXPIRED_LINK -> expired(id, right);
    };
  }

  private String made(String id, String right) throws Exception {
    var answer =
        gateway.post(
            "/api/streams/" + id + "/links",
            "{\"right\":\"" + right + "\",\"seconds\":60}",
            credentials(Asking.OWNER));
    assertThat(answer.statusCode()).isEqualTo(201);
    return token(TestGateway.read(answer.body()).get("url").asString());
  }

  /** What this gateway would have signed an hour ago. */
  private String expired(String id, String right) {
    var then = new Links(secrets, () -> System.currentTimeMillis() - 3_600_000, Runnable::run);
    return token(
        then.url(
            new StreamId(id), owner("of-the-owner"), Links.Right.named(right).orElseThrow(), 60));
  }

  private String owner(String credential) {
    return "c/" + Hmac.text(18, secrets.ownerKey(), "owner", Presented.SECRET, credential);
  }

  private static String token(String url) {
    return url.substring(url.indexOf("token="));
  }

  private static String with(String target, String query) {
    return query.isEmpty() ? target : target + (target.contains("?") ? "&" : "?") + query;
  }

  /** All that a client sees of an answer, but for the time of day. */
  private static String seen(HttpResponse<String> answer) {
    var headers = new TreeMap<>(answer.headers().map());
    headers.remove("date");
    return answer.statusCode() + " " + headers + " " + answer.body();
  }

  static Stream<Arguments> table() {
    return Stream.of(Listener.values())
        .flatMap(
            where ->
                Stream.of(Way.values())
                    .flatMap(
                        way ->
                            Stream.of(Asking.values()).map(who -> Arguments.of(where, way, who))));
  }

  @ParameterizedTest
  @MethodSource("table")
  void givenAStream_whenAsked_thenItsOwnersSeeIt_andOthersSeeNothingAtAll(
      Listener where, Way way, Asking who) throws Exception {
    listen(where);
    var id = begin(way == Way.CANCEL ? RUNNING : CHAT);
    var link = link(id, who, way);

    var answer = ask(way.method, with(way.target.replace("{id}", id), link), who);

    if (way.isOpenTo(who)) {
      assertThat(answer.statusCode()).isEqualTo(way.status);
      return;
    }
    boolean expired = who == Asking.EXPIRED_LINK && way.knowsLinks();
    int status = expired ? 401 : who == Asking.OTHER ? 404 : where.nobody;
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).doesNotContain("secret");
    var nothing =
        ask(
            way.method,
            with(way.target.replace("{id}", NO_STREAM), expired ? expiredFor(way) : link),
            who);
    assertThat(seen(answer)).isEqualTo(seen(nothing));
    var still = ask("GET", "/api/streams/" + id, Asking.OWNER);
    assertThat(still.statusCode()).as("nobody has touched it").isEqualTo(200);
    assertThat(still.body()).doesNotContain("cancelled");
  }

  private String expiredFor(Way way) {
    return expired(NO_STREAM, way == Way.CANCEL ? "cancel" : "read");
  }

  // --- many

  @ParameterizedTest
  @EnumSource(Listener.class)
  void givenStreamsOfMany_whenListed_thenEachSeesTheirOwn(Listener where) throws Exception {
    listen(where);
    var id = begin(CHAT, "lastword-conversation", "c-1");

    for (var target : new String[] {"/api/streams", "/api/conversations/c-1"}) {
      assertThat(ask("GET", target, Asking.OWNER).body()).contains(id);
      assertThat(ask("GET", target, Asking.ADMIN).body()).contains(id);
      assertThat(ask("GET", target, Asking.OTHER).body()).doesNotContain(id);
      assertThat(ask("GET", target, Asking.NOBODY).body()).doesNotContain(id);
      assertThat(ask("GET", with(target, made(id, "read")), Asking.READ_LINK).body())
          .doesNotContain(id);
    }
    assertThat(seen(ask("GET", "/api/conversations/c-1", Asking.OTHER)))
        .isEqualTo(seen(ask("GET", "/api/conversations/c-2", Asking.OTHER)).replace("c-2", "c-1"));
    assertThat(seen(ask("DELETE", "/api/conversations/c-1", Asking.OTHER)))
        .startsWith("404")
        .isEqualTo(seen(ask("DELETE", "/api/conversations/c-2", Asking.OTHER)));
    assertThat(ask("DELETE", "/api/conversations/c-1", Asking.NOBODY).statusCode())
        .isEqualTo(where.nobody);
    assertThat(ask("GET", "/api/streams/" + id, Asking.OWNER).statusCode()).isEqualTo(200);
  }

  // --- ids that clients choose

  @Test
  void givenOneIdChosenByTwoOwners_whenBothStart_thenBothHaveTheirOwn() throws Exception {
    listen(Listener.LOOPBACK);
    var chosen = "chosen-by-two-clients";
    var first = begin(CHAT, "lastword-stream", chosen);

    var second =
        gateway.post(CHAT, "{}", "authorization", "Bearer of-another", "lastword-stream", chosen);
    var again =
        gateway.post(CHAT, "{}", "authorization", "Bearer of-the-owner", "lastword-stream", chosen);

    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(second.headers().firstValue("lastword-stream"))
        .isPresent()
        .get()
        .isNotEqualTo(first);
    assertThat(again.statusCode()).as("the owner's own second request").isEqualTo(409);
    assertThat(
            ask("GET", "/v1/stream/" + chosen, Asking.OWNER)
                .headers()
                .firstValue("lastword-stream"))
        .hasValue(first);
    assertThat(
            ask("GET", "/v1/stream/" + chosen, Asking.OTHER)
                .headers()
                .firstValue("lastword-stream"))
        .isEqualTo(second.headers().firstValue("lastword-stream"));
    assertThat(ask("GET", "/v1/stream/" + chosen, Asking.NOBODY).statusCode()).isEqualTo(404);
    assertThat(ask("DELETE", "/api/streams/" + chosen, Asking.OTHER).statusCode()).isEqualTo(204);
    assertThat(ask("GET", "/v1/stream/" + first, Asking.OWNER).statusCode()).isEqualTo(200);
  }

  // --- links

  @Test
  void givenALink_whenItsStreamIsDeletedAndItsIdTakenByAnother_thenItOpensNothing()
      throws Exception {
    listen(Listener.LOOPBACK);
    var id = begin(CHAT);
    var link = made(id, "read");
    assertThat(ask("DELETE", "/api/streams/" + id, Asking.OWNER).statusCode()).isEqualTo(204);

    var anonymous = gateway.post(CHAT, "{}", "lastword-stream", id);
    assertThat(anonymous.headers().firstValue("lastword-stream")).hasValue(id);
    var owned = new String[] {"authorization", "Bearer of-another"};
    assertThat(gateway.get("/v1/stream/" + id + "?" + link, owned).statusCode()).isEqualTo(404);
  }

  @Test
  void givenALinkOfOneStream_whenShownForAnother_thenItOpensNothing() throws Exception {
    listen(Listener.LOOPBACK);
    var link = made(begin(CHAT), "read");
    var other = begin(CHAT);

    assertThat(ask("GET", "/v1/stream/" + other + "?" + link, Asking.READ_LINK).statusCode())
        .isEqualTo(404);
  }

  @Test
  void givenARelayedStream_whenItsHeadsLinkIsFollowedWithoutCredentials_thenItIsRead()
      throws Exception {
    listen(Listener.PUBLIC);
    var head = gateway.post(CHAT, "{}", "authorization", "Bearer of-the-owner").headers();

    var read = gateway.get(head.firstValue("lastword-resume").orElseThrow());

    assertThat(head.firstValue("referrer-policy")).hasValue("no-referrer");
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).contains("secret ").contains("[DONE]");
    assertThat(read.headers().firstValue("referrer-policy")).hasValue("no-referrer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"right\":\"write\"} | right",
        "{\"right\":7} | right",
        "{\"seconds\":0} | seconds",
        "{\"seconds\":604801} | seconds",
        "{\"seconds\":\"60\"} | seconds",
        "{\"seconds\":1.5} | seconds",
        "{\"until\":1} | until",
        "[] | body",
        "{\"right\":\"read\" | body",
        "{} {} | body"
      })
  void givenAMalformedOrder_thenItsFieldIsNamed_whetherTheStreamIsThereOrNot(
      String body, String field) throws Exception {
    listen(Listener.LOOPBACK);
    var id = begin(CHAT);

    for (var named : new String[] {id, NO_STREAM}) {
      var answer =
          gateway.post("/api/streams/" + named + "/links", body, credentials(Asking.OWNER));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(TestGateway.read(answer.body()).get("field").asString()).isEqualTo(field);
    }
  }

  @Test
  void givenAHugeOrder_thenItIsRefused() throws Exception {
    listen(Listener.LOOPBACK);
    var body = "{\"right\":\"" + "r".repeat(5_000) + "\"}";

    assertThat(
            gateway
                .post("/api/streams/" + begin(CHAT) + "/links", body, credentials(Asking.OWNER))
                .statusCode())
        .isEqualTo(413);
  }

  // --- administrators

  @Test
  void givenTheAdministratorsToken_whenSentToTheUpstream_thenItStaysHere() throws Exception {
    listen(Listener.LOOPBACK);

    var answer = gateway.post(CHAT, "{}", credentials(Asking.ADMIN));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(upstream.exchanges()).isEmpty();
  }

  @Test
  void givenAPublicListener_whenMetricsAreAsked_thenOnlyTheAdministratorIsTold() throws Exception {
    listen(Listener.PUBLIC);

    assertThat(ask("GET", "/metrics", Asking.OWNER).statusCode()).isEqualTo(401);
    assertThat(ask("GET", "/metrics", Asking.NOBODY).statusCode()).isEqualTo(401);
    assertThat(ask("GET", "/metrics", Asking.ADMIN).statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/healthz", Asking.NOBODY).statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/readyz", Asking.NOBODY).statusCode()).isEqualTo(200);
  }

  @Test
  void givenAnAddressForAdministrators_thenTheyAreAnsweredThere_andNothingIsRelayed()
      throws Exception {
    gateway =
        TestGateway.start(
            data,
            upstream.url(),
            Map.of(Setting.ADMIN_TOKEN, ADMIN_TOKEN, Setting.ADMIN_LISTEN, "127.0.0.1:0"));
    secrets = Secrets.open(data, System.currentTimeMillis());
    var id = begin(CHAT);

    assertThat(atAdmin("GET", "/metrics", Asking.NOBODY)).isEqualTo(200);
    assertThat(atAdmin("GET", "/api/streams/" + id, Asking.ADMIN)).isEqualTo(200);
    assertThat(atAdmin("GET", "/v1/stream/" + id, Asking.ADMIN)).isEqualTo(200);
    assertThat(atAdmin("GET", "/api/streams/" + id, Asking.OWNER)).isEqualTo(401);
    assertThat(atAdmin("GET", "/v1/models", Asking.ADMIN)).isEqualTo(404);
    assertThat(atAdmin("DELETE", "/api/streams/" + id, Asking.ADMIN)).isEqualTo(204);
    assertThat(ask("GET", "/metrics", Asking.ADMIN).statusCode()).isEqualTo(404);
    assertThat(ask("GET", "/api/streams", Asking.ADMIN).body())
        .isEqualTo("{\"streams\":[],\"next\":null}");
  }

  private int atAdmin(String method, String target, Asking who) throws IOException {
    try (var client = new RawClient(gateway.gateway().adminAddress().orElseThrow())) {
      var shown = credentials(who);
      var field = shown.length == 0 ? "" : shown[0] + ": " + shown[1] + "\r\n";
      return client
          .send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + field + "\r\n")
          .reply()
          .status();
    }
  }

  // --- other modes

  @Test
  void givenAnOpenGateway_thenEverythingIsEverybodys() throws Exception {
    gateway =
        TestGateway.start(
            data, upstream.url(), Map.of(Setting.ACCESS_MODE, "open", Setting.LISTEN, "0.0.0.0:0"));
    var id = begin(CHAT);

    assertThat(ask("GET", "/api/streams/" + id, Asking.OTHER).statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/api/streams", Asking.NOBODY).body()).contains(id);
    assertThat(ask("GET", "/metrics", Asking.NOBODY).statusCode()).isEqualTo(200);
  }

  @Test
  void givenStreamsOfBeforeThereWereOwners_thenTheyAreThoseWithoutCredentials() throws Exception {
    gateway = TestGateway.start(data, upstream.url(), Map.of(Setting.ACCESS_MODE, "open"));
    var id = begin(CHAT);
    gateway.close();

    listen(Listener.LOOPBACK);

    assertThat(ask("GET", "/api/streams/" + id, Asking.NOBODY).statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/api/streams/" + id, Asking.ADMIN).statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/api/streams/" + id, Asking.OWNER).statusCode()).isEqualTo(404);
  }

  @Test
  void givenStreamsThatOnlyTheArchiveHas_whenListed_thenThoseWithoutCredentialsSeeTheirs()
      throws Exception {
    listen(Listener.LOOPBACK);
    var theirs = gateway.post(CHAT, "{}").headers().firstValue("lastword-stream").orElseThrow();
    var owned = begin(CHAT);
    gateway.restart();

    assertThat(ask("GET", "/api/streams", Asking.NOBODY).body())
        .contains(theirs)
        .doesNotContain(owned);
    assertThat(ask("GET", "/api/streams", Asking.OWNER).body())
        .contains(owned)
        .doesNotContain(theirs);
  }

  @Test
  void givenARestart_thenOwnersAndLinksAreWhoTheyWere() throws Exception {
    listen(Listener.LOOPBACK);
    var id = begin(CHAT);
    var link = made(id, "read");

    gateway.restart();

    assertThat(ask("GET", "/api/streams/" + id, Asking.OWNER).statusCode()).isEqualTo(200);
    assertThat(ask("GET", "/v1/stream/" + id + "?" + link, Asking.READ_LINK).statusCode())
        .isEqualTo(200);
    assertThat(ask("GET", "/api/streams/" + id, Asking.OTHER).statusCode()).isEqualTo(404);
  }

  @Test
  void givenAPublicListener_whenAnybodyAsksTheUpstream_thenCredentialsAreNeeded() throws Exception {
    listen(Listener.PUBLIC);

    var refused = gateway.post(CHAT, "{}");

    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().firstValue("www-authenticate")).isPresent();
    assertThat(upstream.exchanges()).isEmpty();
  }
}
