package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.HungUpException;
import dev.lastword.checker.probe.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Why there is no response at all, and what to do about it, in one sentence. */
final class Unreachable {
  private Unreachable() {}

  /**
   * The sentence.
   *
   * @param address as it was written, its places not filled in
   */
  static String because(IOException e, String address) {
    return switch (e) {
      case StepFailedException step -> String.valueOf(step.getMessage());
      case ConnectException refused ->
          "nobody listens at " + address + "; start the server, or check host and port";
      case NoRouteToHostException none -> "there is no way to the host of " + address;
      case UnknownHostException unknown ->
          "there is no host of the name in " + address + "; check its spelling";
      case SSLException tls -> ofTls(tls, address);
      case SocketTimeoutException silent ->
          "no answer from "
              + address
              + " in time ("
              + silent.getMessage()
              + "); --silence says how long to wait";
      case ProtocolException other ->
          "cannot talk to the server at " + address + ": " + other.getMessage();
      case HungUpException gone ->
          "the server at "
              + address
              + " closed the connection without an answer; its log may say why";
      default -> "no response from " + address + ": " + e.getMessage();
    };
  }

  private static String ofTls(SSLException e, String address) {
    var words = causes(e).map(each -> String.valueOf(each.getMessage())).toList();
    if (causes(e).anyMatch(CertificateExpiredException.class::isInstance)) {
      return "the certificate of " + address + " has expired; renew it";
    }
    if (causes(e).anyMatch(CertificateNotYetValidException.class::isInstance)) {
      return "the certificate of " + address + " is not valid yet; check both clocks";
    }
    if (words.stream().anyMatch(each -> each.contains("unable to find valid certification path"))) {
      return "the certificate of "
          + address
          + " is not trusted; --cacert FILE names the certificates (PEM) of a private CA";
    }
    var name = words.stream().filter(Unreachable::tellsOfNames).findFirst();
    if (name.isPresent()) {
      return "the certificate of "
          + address
          + " is made out to another name ("
          + name.get()
          + "); write the name that it has";
    }
    if (causes(e).anyMatch(EOFException.class::isInstance)) {
      return "the server at "
          + address
          + " ended the TLS handshake; if it does not speak TLS, write http:// instead of https://";
    }
    return words.stream().anyMatch(each -> each.contains("Unsupported or unrecognized SSL message"))
        ? "the server at " + address + " does not speak TLS; write http:// instead of https://"
        : "no TLS with " + address + ": " + e.getMessage();
  }

  private static boolean tellsOfNames(String words) {
    return words.startsWith("No subject alternative")
        || words.startsWith("No name matching")
        || words.startsWith("Illegal given domain name");
  }

  private static Stream<Throwable> causes(Throwable first) {
    return Stream.iterate(first, each -> each != null, Throwable::getCause);
  }
}
