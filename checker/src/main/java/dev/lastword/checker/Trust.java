package dev.lastword.checker;

import dev.lastword.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Which certificates are trusted. */
final class Trust {
  private Trust() {}

  /**
   * The JDK's own, or those of a file alone.
   *
   * @throws UsageException if the file holds no certificates
   */
  static SSLSocketFactory sockets(@Nullable String file) {
    try {
      if (file == null) {
        return SSLContext.getDefault().getSocketFactory();
      }
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      try (var in = Files.newInputStream(Path.of(file))) {
        for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          store.setCertificateEntry("ca-" + store.size(), certificate);
        }
      }
      var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | GeneralSecurityException e) {
      throw new UsageException("--cacert " + file + " cannot be read: " + e.getMessage());
    }
  }
}
