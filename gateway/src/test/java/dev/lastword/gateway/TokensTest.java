package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Owners by tokens of an identity provider. */
class TokensTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ISSUER = "https://id.example";
  private static RSAKey rsa;
  private static RSAKey otherRsa;
  private static ECKey ec;

  @TempDir Path data;
  private ScriptedUpstream upstream;
  private final EnumMap<Setting, String> set = new EnumMap<>(Setting.class);

  @SuppressWarnings("NullAway.Init") // by the test
  private TestGateway gateway;

  @BeforeAll
  static void keys() throws JOSEException {
    rsa = new RSAKeyGenerator(2048).keyID("r").generate();
    otherRsa = new RSAKeyGenerator(2048).keyID("r").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("e").generate();
  }

  @BeforeEach
  void start() throws Exception {
    upstream = ScriptedUpstream.start();
    upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
    var published = new JWKSet(List.of(rsa, ec)).toPublicJWKSet().toString();
    upstream.on("/jwks", x -> x.respond(200, "application/json", published));
  }

  private void listen(Map<Setting, String> more) {
    set.put(Setting.ACCESS_MODE, "jwt");
    set.put(Setting.JWT_KEYS, upstream.url() + "/jwks");
    set.put(Setting.JWT_ISSUER, ISSUER);
    set.put(Setting.JWT_AUDIENCE, "lastword");
    set.putAll(more);
    gateway = TestGateway.start(data, upstream.url(), set);
  }

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) { // not where a start was refused
      gateway.close();
    }
    upstream.close();
  }

  private static JWTClaimsSet.Builder claims(String subject) {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience("lastword")
        .subject(subject)
        .expirationTime(Date.from(Instant.ofEpochMilli(System.currentTimeMillis() + 60_000)));
  }

  private static String signed(JWTClaimsSet.Builder claims) throws JOSEException {
    return signed(claims, rsa);
  }

  private static String signed(JWTClaimsSet.Builder claims, RSAKey key) throws JOSEException {
    var header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build();
    var token = new SignedJWT(header, claims.build());
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }

  private int status(String token) throws Exception {
    return gateway.post(CHAT, "{}", "authorization", "Bearer " + token).statusCode();
  }

  private String begin(String token) throws Exception {
    var answer = gateway.post(CHAT, "{}", "authorization", "Bearer " + token);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.headers().firstValue("lastword-stream").orElseThrow();
  }

  private int seen(String id, String token) throws Exception {
    return gateway.get("/api/streams/" + id, "authorization", "Bearer " + token).statusCode();
  }

  @Test
  void givenTokensOfTwoSubjects_thenTheyAreTwoOwners() throws Exception {
    listen(Map.of());
    var id = begin(signed(claims("alice")));

    assertThat(seen(id, signed(claims("alice").claim("fresh", true)))).isEqualTo(200);
    assertThat(seen(id, signed(claims("bob")))).isEqualTo(404);
    assertThat(gateway.get("/api/streams/" + id).statusCode())
        .as("on loopback, too")
        .isEqualTo(401);
  }

  @Test
  void givenTenants_thenOneSubjectOfTwoTenantsIsTwoOwners() throws Exception {
    listen(Map.of(Setting.JWT_TENANT_CLAIM, "org", Setting.JWT_OWNER_CLAIM, "email"));
    var id = begin(signed(claims("1").claim("org", "a").claim("email", "x@y")));

    assertThat(seen(id, signed(claims("2").claim("org", "a").claim("email", "x@y"))))
        .isEqualTo(200);
    assertThat(seen(id, signed(claims("1").claim("org", "b").claim("email", "x@y"))))
        .isEqualTo(404);
    assertThat(seen(id, signed(claims("1").claim("org", "a/x").claim("email", "y"))))
        .isEqualTo(404);
    assertThat(seen(id, signed(claims("1").claim("email", "x@y")))).as("no tenant").isEqualTo(401);
  }

  @Test
  void givenATokenOfAnEllipticCurve_whenPinned_thenItIsBelieved() throws Exception {
    listen(Map.of(Setting.JWT_ALGORITHMS, "ES256"));
    var header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("e").build();
    var token = new SignedJWT(header, claims("alice").build());
    token.sign(new ECDSASigner(ec));

    assertThat(status(token.serialize())).isEqualTo(200);
    assertThat(status(signed(claims("alice")))).as("RS256 is not pinned").isEqualTo(401);
  }

  @Test
  void givenATokenThatIsNotToBeBelieved_thenTheUpstreamIsNotAsked() throws Exception {
    listen(Map.of());
    long now = System.currentTimeMillis();
    var mac =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("r").build(), claims("a").build());
    mac.sign(new MACSigner(rsa.toRSAPublicKey().getEncoded()));
    var good = signed(claims("a"));
    var parts = good.split("\\.", -1);
    var others = signed(claims("b")).split("\\.", -1);
    var tokens =
        Map.ofEntries(
            Map.entry("garbage", "garbage"),
            Map.entry("a key", "sk-of-the-provider"),
            Map.entry("unsigned", new PlainJWT(claims("a").build()).serialize()),
            Map.entry("signed with the public key", mac.serialize()),
            Map.entry("of another key", signed(claims("a"), otherRsa)),
            Map.entry("with other claims", parts[0] + "." + others[1] + "." + parts[2]),
            Map.entry("without a signature", parts[0] + "." + parts[1] + "."),
            Map.entry(
                "expired",
                signed(claims("a").expirationTime(Date.from(Instant.ofEpochMilli(now - 31_000))))),
            Map.entry(
                "without an end",
                signed(
                    new JWTClaimsSet.Builder().issuer(ISSUER).audience("lastword").subject("a"))),
            Map.entry(
                "not good yet",
                signed(claims("a").notBeforeTime(Date.from(Instant.ofEpochMilli(now + 60_000))))),
            Map.entry("of another issuer", signed(claims("a").issuer("https://other.example"))),
            Map.entry("for another audience", signed(claims("a").audience("other"))),
            Map.entry("of nobody", signed(claims(""))),
            Map.entry("of a long name", signed(claims("a".repeat(1_000)))));

    for (var token : tokens.entrySet()) {
      var answer = gateway.post(CHAT, "{}", "authorization", "Bearer " + token.getValue());
      assertThat(answer.statusCode()).as(token.getKey()).isEqualTo(401);
      assertThat(TestGateway.read(answer.body()).get("code").asString())
          .isEqualTo(
              token.getKey().equals("expired") ? "credentials_expired" : "credentials_refused");
      assertThat(answer.body()).doesNotContain(token.getValue());
    }
    assertThat(upstream.exchanges()).allMatch(asked -> asked.path().equals("/jwks"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"continue", "cancel"})
  void givenALiveStream_whenItsReadersTokenExpires_thenAnEventSaysSo_andAFreshOneResumes(
      String policy) throws Exception {
    var goOn = new CountDownLatch(1);
    upstream.on(
        CHAT,
        x -> {
          x.stream().delta("first");
          assertThat(goOn.await(20, TimeUnit.SECONDS)).isTrue();
          x.delta("second").finish().data("[DONE]").end();
        });
    listen(Map.of());
    var soon =
        Date.from(Instant.ofEpochMilli(System.currentTimeMillis() - ByToken.SKEW_MS + 3_000));
    var brief = "Authorization: Bearer " + signed(claims("alice").expirationTime(soon));
    try (var client = gateway.client();
        var reader = gateway.client()) {
      var head =
          client
              .post(
                  CHAT,
                  "{\"model\":\"m\",\"messages\":[]}",
                  brief,
                  "Lastword-On-Disconnect: " + policy)
              .head();
      var id = head.header("lastword-stream");
      reader.get("/v1/stream/" + id, brief).head();
      assertThat(reader.readUntil("first")).contains("id: 1-1");

      assertThat(client.readUntil("credentials_expired")).contains("first");
      assertThat(reader.readUntil("credentials_expired")).doesNotContain("id: 1-2");
      assertThat(reader.serverCloses()).isTrue();

      goOn.countDown();
      var rest =
          gateway.get(
              "/v1/stream/" + id,
              "authorization",
              "Bearer " + signed(claims("alice")),
              "last-event-id",
              "1-1");
      assertThat(rest.statusCode()).isEqualTo(200);
      assertThat(rest.body()).contains("second").contains("[DONE]").doesNotContain("first");
    }
  }

  @Test
  void givenNewKeysOfTheIssuer_whenATokenNamesOne_thenTheyAreRead_butNotForEveryMadeUpOne()
      throws Exception {
    var now = new AtomicLong();
    var file = data.resolve("jwks.json");
    var next = new RSAKeyGenerator(2048).keyID("next").generate();
    var header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("next").build();
    Files.writeString(file, new JWKSet(rsa).toPublicJWKSet().toString());
    var keys = new JwtKeys(file.toUri(), now::get);
    Files.writeString(file, new JWKSet(next).toPublicJWKSet().toString());

    assertThat(keys.of(header)).as("read a moment ago").isEmpty();
    now.addAndGet(JwtKeys.AGE_MIN);
    assertThat(keys.of(header)).hasSize(1);
  }

  @Test
  void givenAKeyThatTheIssuerTookBack_thenItIsForgotten_andAnIssuerThatIsAwayChangesNothing()
      throws Exception {
    var now = new AtomicLong();
    var file = data.resolve("jwks.json");
    var header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r").build();
    Files.writeString(file, new JWKSet(rsa).toPublicJWKSet().toString());
    var keys = new JwtKeys(file.toUri(), now::get);
    Files.delete(file);

    now.addAndGet(JwtKeys.AGE_MAX);
    assertThat(keys.of(header)).as("away").hasSize(1);
    Files.writeString(file, new JWKSet(ec).toPublicJWKSet().toString());
    now.addAndGet(JwtKeys.AGE_MAX);
    assertThat(keys.of(header)).isEmpty();
  }

  @Test
  void givenAWrongConfiguration_thenItIsToldAtTheStart() {
    assertThatThrownBy(() -> listen(Map.of(Setting.JWT_ISSUER, "")))
        .hasMessageContaining("jwt.issuer");
    assertThatThrownBy(() -> listen(Map.of(Setting.JWT_ALGORITHMS, "HS256")))
        .hasMessageContaining("jwt.algorithms");
    assertThatThrownBy(() -> listen(Map.of(Setting.JWT_ALGORITHMS, "none")))
        .hasMessageContaining("jwt.algorithms");
    assertThatThrownBy(() -> listen(Map.of(Setting.JWT_KEYS, "http://id.example/keys")))
        .hasMessageContaining("jwt.keys");
  }

  @Test
  void givenAnIssuerThatIsAway_whenTheConfigurationIsReadAgain_thenItsKeysStillHold()
      throws Exception {
    listen(Map.of());
    var token = signed(claims("alice"));
    assertThat(status(token)).isEqualTo(200);
    upstream.on("/jwks", x -> x.respond(503, "text/plain", "away"));
    set.put(Setting.BODY_BYTES, "1000");

    gateway.reload();

    assertThat(status(token)).isEqualTo(200);
    assertThat(gateway.gateway().config().limits().bodyBytesMax()).isEqualTo(1000);
  }

  @Test
  void givenKeysAtAnotherPlace_whenTheyCannotBeRead_thenTheNewConfigurationIsRefused()
      throws Exception {
    listen(Map.of());
    var token = signed(claims("alice"));
    set.put(Setting.JWT_KEYS, upstream.url() + "/nowhere");
    set.put(Setting.BODY_BYTES, "1000");

    gateway.reload();

    assertThat(status(token)).isEqualTo(200);
    assertThat(gateway.gateway().config().limits().bodyBytesMax()).isGreaterThan(1000);
    assertThatThrownBy(() -> gateway.gateway().reload(Config.of(settings())))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("jwt.keys")
        .hasMessageContaining("/nowhere");
  }

  private Settings settings() {
    var settings = new Settings();
    settings.set(Setting.DATA, data.toString(), "test");
    settings.set(Setting.UPSTREAM, upstream.url(), "test");
    set.forEach((setting, value) -> settings.set(setting, value, "test"));
    return settings;
  }

  @Test
  void givenNewKeysInTheSamePlace_whenTheConfigurationIsReadAgain_thenTheyAreReadAtOnce()
      throws Exception {
    listen(Map.of());
    assertThat(status(signed(claims("alice"), otherRsa))).isEqualTo(401);
    var published = new JWKSet(List.of(otherRsa)).toPublicJWKSet().toString();
    upstream.on("/jwks", x -> x.respond(200, "application/json", published));

    gateway.reload();

    assertThat(status(signed(claims("alice"), otherRsa))).isEqualTo(200);
    assertThat(status(signed(claims("alice")))).isEqualTo(401);
  }
}
