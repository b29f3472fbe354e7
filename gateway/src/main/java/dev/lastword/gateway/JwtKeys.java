package dev.lastword.gateway;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys of an issuer, as its file or URL has them. Read again after {@link #AGE_MAX}, and
 * when a token names a key that is not among them: issuers change their keys whenever they like.
 * Who sends tokens of made-up keys causes no more than one reading in {@link #AGE_MIN}. While the
 * issuer does not answer the keys that are there go on. Thread-safe; a call may block while keys
 * are read.
 */
final class JwtKeys {
  /** Nanoseconds. */
  static final long AGE_MAX = TimeUnit.MINUTES.toNanos(5);

  static final long AGE_MIN = TimeUnit.SECONDS.toNanos(10);

  private static final Logger log = LoggerFactory.getLogger(JwtKeys.class);
  private static final int TIMEOUT_MS = 5_000;
  private static final int BYTES_MAX = 1 << 20;

  private final URI source;
  private final LongSupplier nanoTime;
  private volatile JWKSet keys = new JWKSet();
  private volatile boolean known;
  private volatile long readNanos;

  /** Reads the keys, if they can be had: an issuer may come up later than its gateway. */
  JwtKeys(URI source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
    this.readNanos = nanoTime.getAsLong() - AGE_MAX;
    readIfOlderThan(AGE_MIN);
  }

  /** Whether they have been had at all. */
  boolean isKnown() {
    return known;
  }

  /** Whether they are those of this place. */
  boolean isOf(URI place) {
    return source.equals(place);
  }

  /** Reads them now; where they cannot be had, those that are there stay. */
  void readAgain() {
    readIfOlderThan(0);
  }

  /** The keys that a token of this head may be signed with. */
  List<JWK> of(JWSHeader header) {
    readIfOlderThan(AGE_MAX);
    var found = select(header);
    if (found.isEmpty()) {
      readIfOlderThan(AGE_MIN);
      found = select(header);
    }
    return found;
  }

  private List<JWK> select(JWSHeader header) {
    var matcher = JWKMatcher.forJWSHeader(header);
    return matcher == null ? List.of() : new JWKSelector(matcher).select(keys);
  }

  private void readIfOlderThan(long age) {
    if (nanoTime.getAsLong() - readNanos < age) {
      return;
    }
    synchronized (this) { // the others wait for the one who reads, and then have what they need
      if (nanoTime.getAsLong() - readNanos < age) {
        return;
      }
      try {
        keys = read();
        known = true;
      } catch (IOException | ParseException e) {
        log.warn("access.jwks_unreadable source={} cause={}", source, e.toString());
      }
      readNanos = nanoTime.getAsLong();
    }
  }

  private JWKSet read() throws IOException, ParseException {
    return source.getScheme().equals("file")
        ? JWKSet.load(Path.of(source).toFile())
        : JWKSet.load(source.toURL(), TIMEOUT_MS, TIMEOUT_MS, BYTES_MAX);
  }
}
