package dev.lastword.hooks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Whose certificates are believed: those of a file, and no others. */
record Trust(X509TrustManager manager) {
  /**
   * Reads certificates in PEM (RFC 7468).
   *
   * @throws IllegalArgumentException if there are none
   */
  static Trust of(Path caFile) {
    try (var in = Files.newInputStream(caFile)) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (var each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca-" + number++, each);
      }
      if (number == 0) {
        throw new IllegalArgumentException("'ca-file': %s holds no certificate".formatted(caFile));
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return new Trust(
          Arrays.stream(factory.getTrustManagers())
              .filter(X509TrustManager.class::isInstance)
              .map(X509TrustManager.class::cast)
              .findFirst()
              .orElseThrow());
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "'ca-file': cannot read %s: %s".formatted(caFile, e.getClass().getSimpleName()), e);
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          "'ca-file': %s holds no proper certificate".formatted(caFile), e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every JDK has what was asked for
    }
  }

  SSLSocketFactory sockets() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {manager}, null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every JDK has TLS
    }
  }
}
