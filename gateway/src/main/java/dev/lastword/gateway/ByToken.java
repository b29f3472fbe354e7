package dev.lastword.gateway;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.lastword.stream.Owner;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Date;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owners are those whom an identity provider has given a signed token (RFC 7519) that is good now.
 * What is read by a token ends when the token does.
 */
final class ByToken implements Authentication {
  private static final Logger log = LoggerFactory.getLogger(ByToken.class);
  private static final String PREFIX = "j/";
  private static final int OWNER_LENGTH_MAX = 1_000;

  /** How far the issuer's clock may be from this one's. */
  static final long SKEW_MS = 30_000;

  /** Tokens for access (RFC 9068) and of those who do not say. */
  private static final Set<String> TYPES = Set.of("", "jwt", "at+jwt", "application/at+jwt");

  private final JwtRules rules;
  private final JwtKeys keys;
  private final Presented.Places places;
  private final Executor io;
  private final LongSupplier nowMs;
  private final DefaultJWSVerifierFactory verifiers = new DefaultJWSVerifierFactory();

  /** Says why a token is not believed, in words for who sent it. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final String code;

    RefusedException(String code, String message) {
      super(message);
      this.code = code;
    }
  }

  /**
   * @param io checks signatures and reads keys, away from the loops
   * @param nowMs wall-clock time
   */
  ByToken(JwtRules rules, JwtKeys keys, Presented.Places places, Executor io, LongSupplier nowMs) {
    this.rules = rules;
    this.keys = keys;
    this.places = places;
    this.io = io;
    this.nowMs = nowMs;
  }

  @Override
  public void identify(RequestHead head, Consumer<Identity> told) {
    var shown = Presented.of(head, places);
    if (shown.isEmpty()) {
      told.accept(new Identity.Nobody());
    } else {
      io.execute(() -> told.accept(judge(shown.get().value())));
    }
  }

  private Identity judge(String token) {
    try {
      return new Identity.Known(believed(token));
    } catch (RefusedException e) {
      return new Identity.Refused(
          Owners.unauthorized(e.code, String.valueOf(e.getMessage()))
              .header("www-authenticate", Owners.CHALLENGE + ", error=\"invalid_token\""));
    } catch (RuntimeException e) {
      log.error("access.token_failed", e);
      return new Identity.Refused(
          Problem.of(500, "unreadable", "the credentials cannot be checked now"));
    }
  }

  private Asker believed(String token) throws RefusedException {
    SignedJWT signed;
    JWTClaimsSet claims;
    try {
      signed = SignedJWT.parse(token);
      claims = signed.getJWTClaimsSet();
    } catch (ParseException e) {
      throw refused("this is no signed token");
    }
    var type = signed.getHeader().getType();
    if (!rules.algorithms().contains(signed.getHeader().getAlgorithm())
        || !TYPES.contains(type == null ? "" : type.getType().toLowerCase(Locale.ROOT))) {
      throw refused("a token of this kind or algorithm is not accepted");
    }
    if (keys.of(signed.getHeader()).stream().noneMatch(key -> isSignedWith(signed, key))) {
      throw refused("the token's signature is none of the issuer's");
    }
    return asker(claims);
  }

  private boolean isSignedWith(SignedJWT token, JWK key) {
    try {
      return key instanceof AsymmetricJWK asymmetric
          && token.verify(verifiers.createJWSVerifier(token.getHeader(), asymmetric.toPublicKey()));
    } catch (JOSEException e) { // a key of another kind, or a malformed signature
      log.debug("access.key_unfit cause={}", e.toString());
      return false;
    }
  }

  private Asker asker(JWTClaimsSet claims) throws RefusedException {
    if (!rules.issuer().equals(claims.getIssuer())) {
      throw refused("the token is of another issuer");
    }
    if (!claims.getAudience().contains(rules.audience())) {
      throw refused("the token is for another audience");
    }
    var expires = claims.getExpirationTime();
    if (expires == null) {
      throw refused("the token does not say when it ends");
    }
    long now = nowMs.getAsLong();
    long endMs = expires.toInstant().toEpochMilli() + SKEW_MS;
    if (endMs <= now) {
      throw new RefusedException("credentials_expired", "the token has expired");
    }
    if (isAfter(claims.getNotBeforeTime(), now)) {
      throw refused("the token is not good yet");
    }
    var tenant = rules.tenantClaim().isEmpty() ? "" : word(claims, rules.tenantClaim());
    var owner = PREFIX + tenant + "/" + word(claims, rules.ownerClaim());
    if (owner.length() > OWNER_LENGTH_MAX) {
      throw refused("the token names an owner of more than " + OWNER_LENGTH_MAX + " characters");
    }
    return new Asker(Owner.of(owner), endMs);
  }

  /** The tenant of an owner whom a token named; empty where tokens name none. */
  static Optional<String> tenant(Owner owner) {
    int end = owner.value().indexOf('/', PREFIX.length());
    return owner.value().startsWith(PREFIX) && end > PREFIX.length()
        ? Optional.of(
            URLDecoder.decode(
                owner.value().substring(PREFIX.length(), end), StandardCharsets.UTF_8))
        : Optional.empty();
  }

  private static boolean isAfter(@Nullable Date notBefore, long nowMs) {
    return notBefore != null && notBefore.toInstant().toEpochMilli() - SKEW_MS > nowMs;
  }

  /** What a claim says, in a form without slashes. */
  private static String word(JWTClaimsSet claims, String name) throws RefusedException {
    if (claims.getClaim(name) instanceof String word && !word.isEmpty()) {
      return URLEncoder.encode(word, StandardCharsets.UTF_8);
    }
    throw refused("the token lacks the claim " + name);
  }

  private static RefusedException refused(String why) {
    return new RefusedException("credentials_refused", why);
  }

  /** A token that an upstream does not need is shown to none. */
  @Override
  public RequestHead relayed(RequestHead head, boolean withOthers) {
    return withOthers ? Presented.without(head, places) : head;
  }
}
