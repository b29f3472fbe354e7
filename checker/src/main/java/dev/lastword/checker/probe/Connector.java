package dev.lastword.checker.probe;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes connections, and knows who speaks which protocol. HTTP/1.1 is spoken where it is
 * understood, since most programs that read streams do so; HTTP/2 where it was asked for, and over
 * TLS where a server understands nothing else.
 */
public final class Connector {
  private static final String HTTP_1 = "http/1.1";
  private static final String HTTP_2 = "h2";

  private final Supplier<SSLSocketFactory> tls;
  private final Duration limit;

  /** Origins to speak HTTP/2 to: asked for, or found out. */
  private final Set<String> http2Origins = ConcurrentHashMap.newKeySet();

  private final Lingering lingering = new Lingering();

  /**
   * @param tls asked for when the first {@code https} address is connected to
   * @param limit longest wait for a connection
   */
  public Connector(Supplier<SSLSocketFactory> tls, Duration limit) {
    this.tls = tls;
    this.limit = limit;
  }

  /** Speaks HTTP/2 to the origin of this address, over plain TCP too, without asking whether. */
  public void speakHttp2(URI uri) {
    http2Origins.add(origin(uri));
  }

  /**
   * Connects.
   *
   * @param receiveBufferBytes size of the socket's receive buffer, and of an HTTP/2 stream's
   *     window; empty for the usual ones
   * @throws IOException if nobody answers, or the certificate is not trusted
   */
  public Wire open(URI uri, Optional<Integer> receiveBufferBytes) throws IOException {
    boolean http2 = http2Origins.contains(origin(uri));
    if (!"https".equalsIgnoreCase(uri.getScheme())) {
      return wire(connected(uri, receiveBufferBytes), http2, receiveBufferBytes);
    }
    try {
      return secured(uri, http2 ? HTTP_2 : HTTP_1, receiveBufferBytes);
    } catch (SSLHandshakeException e) {
      if (http2 || !String.valueOf(e.getMessage()).contains("no_application_protocol")) {
        throw e;
      }
      http2Origins.add(origin(uri));
      return secured(uri, HTTP_2, receiveBufferBytes);
    }
  }

  private Wire wire(Socket socket, boolean http2, Optional<Integer> windowBytes)
      throws IOException {
    return http2 ? new Http2Wire(socket, windowBytes, lingering) : new Http1Wire(socket);
  }

  private Socket connected(URI uri, Optional<Integer> receiveBufferBytes) throws IOException {
    var socket = new Socket();
    try {
      if (receiveBufferBytes.isPresent()) {
        socket.setReceiveBufferSize(receiveBufferBytes.get());
      }
      int millis = (int) limit.toMillis();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(millis);
      socket.connect(new InetSocketAddress(Host.of(uri), Host.port(uri)), millis);
      return socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private Wire secured(URI uri, String protocol, Optional<Integer> receiveBufferBytes)
      throws IOException {
    var plain = connected(uri, receiveBufferBytes);
    try {
      var socket = (SSLSocket) tls.get().createSocket(plain, Host.of(uri), Host.port(uri), true);
      var parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setApplicationProtocols(new String[] {protocol});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return wire(socket, protocol.equals(HTTP_2), receiveBufferBytes);
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  private static String origin(URI uri) {
    return (uri.getScheme() + "://" + Host.of(uri) + ":" + Host.port(uri)).toLowerCase(Locale.ROOT);
  }
}
