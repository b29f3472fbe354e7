package dev.lastword.gateway;

import com.nimbusds.jose.JWSAlgorithm;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens are believed.
 *
 * @param keys where the issuer's public keys are: a file, or a URL of http or https
 * @param issuer that a token has to name
 * @param audience that a token has to name among its own
 * @param algorithms that a token may be signed with
 * @param ownerClaim names the owner
 * @param tenantClaim names the tenant that the owner is one of; empty if there are none
 */
record JwtRules(
    URI keys,
    String issuer,
    String audience,
    Set<JWSAlgorithm> algorithms,
    String ownerClaim,
    String tenantClaim) {

  /** With a public key only: who can check a token must not be able to make one. */
  private static final Set<JWSAlgorithm> KNOWN =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  static JwtRules of(Settings settings) {
    return new JwtRules(
        keys(settings),
        needed(settings, Setting.JWT_ISSUER),
        needed(settings, Setting.JWT_AUDIENCE),
        algorithms(settings),
        needed(settings, Setting.JWT_OWNER_CLAIM),
        settings.get(Setting.JWT_TENANT_CLAIM));
  }

  private static String needed(Settings settings, Setting setting) {
    var value = settings.get(setting);
    if (value.isEmpty()) {
      throw new ConfigException("access.mode jwt needs '" + setting.key() + "'");
    }
    return value;
  }

  private static URI keys(Settings settings) {
    var text = needed(settings, Setting.JWT_KEYS);
    try {
      if (!text.contains("://")) {
        return Path.of(text).toUri();
      }
      var uri = new URI(text);
      if ("https".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
      if ("http".equals(uri.getScheme()) && isLoopback(uri.getHost())) {
        return uri;
      }
    } catch (URISyntaxException | InvalidPathException e) {
      throw wrong(settings, Setting.JWT_KEYS, "a file or a URL");
    }
    throw wrong(settings, Setting.JWT_KEYS, "a file or an https URL; http only on this machine");
  }

  /** Whoever could change the keys on their way could be anybody. */
  private static boolean isLoopback(@Nullable String host) {
    return host != null && Authority.parse(host).filter(Authority::isLoopback).isPresent();
  }

  private static Set<JWSAlgorithm> algorithms(Settings settings) {
    var algorithms = new LinkedHashSet<JWSAlgorithm>();
    for (var word : settings.get(Setting.JWT_ALGORITHMS).split("[;,\\s]+", -1)) {
      var algorithm = JWSAlgorithm.parse(word);
      if (!word.isEmpty() && !KNOWN.contains(algorithm)) {
        throw wrong(settings, Setting.JWT_ALGORITHMS, "some of RS, PS, ES with 256, 384, 512");
      }
      if (!word.isEmpty()) {
        algorithms.add(algorithm);
      }
    }
    if (algorithms.isEmpty()) {
      throw wrong(settings, Setting.JWT_ALGORITHMS, "some of RS, PS, ES with 256, 384, 512");
    }
    return Set.copyOf(algorithms);
  }

  private static ConfigException wrong(Settings settings, Setting setting, String expected) {
    return new ConfigException(
        "%s: '%s' has to be %s, not '%s'"
            .formatted(
                settings.source(setting), setting.key(), expected, settings.written(setting)));
  }
}
