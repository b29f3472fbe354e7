package dev.lastword.gateway;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS to clients: 1.3 and 1.2 with the suites that HTTP/2 allows (RFC 9113 §9.2), and no
 * renegotiation. Its files can be replaced while it runs: connections that are made from then on
 * see the new ones.
 *
 * <p>Thread-safe.
 */
final class Tls {
  private static final Logger log = LoggerFactory.getLogger(Tls.class);

  static {
    // Read by the JDK at its first handshake; TLS 1.2 would let a client begin new ones at will.
    System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
  }

  /**
   * Where its parts are.
   *
   * @param certificate PEM: the server's own first, then those that lead from it to a root
   * @param key PEM: its private key, PKCS#8
   * @param clientCa PEM: whose certificates clients have to show; empty if they need none
   */
  record Source(Path certificate, Path key, Optional<Path> clientCa) {
    PemFiles.Stamp stamp() throws IOException {
      return clientCa.isPresent()
          ? PemFiles.stamp(certificate, key, clientCa.get())
          : PemFiles.stamp(certificate, key);
    }
  }

  private final Source source;
  private volatile SslContext context;
  private volatile Optional<PemFiles.Stamp> seen;

  private Tls(Source source, Optional<PemFiles.Stamp> seen, SslContext context) {
    this.source = source;
    this.seen = seen;
    this.context = context;
  }

  /**
   * Reads the files.
   *
   * @throws ConfigException if one of them cannot be used, or the key is not the certificate's
   */
  static Tls of(Source source) {
    try {
      return new Tls(source, Optional.of(source.stamp()), load(source));
    } catch (IOException e) {
      throw PemFiles.unreadable("the files of tls", e);
    }
  }

  private static SslContext load(Source source) {
    var chain = PemFiles.certificates(Setting.TLS_CERTIFICATE, source.certificate());
    var key = PemFiles.privateKey(Setting.TLS_KEY, source.key(), chain[0]);
    try {
      var builder =
          SslContextBuilder.forServer(key, chain)
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2")
              .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(offering());
      if (source.clientCa().isPresent()) {
        builder
            .trustManager(PemFiles.certificates(Setting.TLS_CLIENT_CA, source.clientCa().get()))
            .clientAuth(ClientAuth.REQUIRE);
      }
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new ConfigException("cannot set up TLS: " + e.getMessage());
    }
  }

  /** HTTP/2, else HTTP/1.1, agreed on in the handshake (RFC 7301); either side's. */
  static ApplicationProtocolConfig offering() {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        ApplicationProtocolNames.HTTP_2,
        ApplicationProtocolNames.HTTP_1_1);
  }

  /** Secures one connection. */
  SslHandler handler(ByteBufAllocator alloc, Limits limits) {
    var handler = context.newHandler(alloc);
    handler.setHandshakeTimeoutMillis(limits.headerReadMs());
    return handler;
  }

  /**
   * Reads the files again if one of them is another than it was. What cannot be used is told in the
   * log, and what was there stays. Reads files.
   */
  synchronized void reloadIfChanged() {
    try {
      var now = Optional.of(source.stamp());
      if (now.equals(seen)) {
        return;
      }
      seen = now;
      context = load(source);
      log.info("tls.reloaded certificate={}", source.certificate());
    } catch (IOException e) {
      // In the middle of being replaced: it is there at the next look, or is missed then.
      log.debug("tls.unreadable cause={}", e.toString());
    } catch (ConfigException e) {
      log.warn("tls.reload_failed cause=\"{}\"", e.getMessage());
    }
  }
}
