package dev.lastword.checker;

import dev.lastword.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Which certificates are trusted. */
final class Trust {
  private Trust() {}

  /**
   * The JDK's own, or those of a file alone. TLS is only loaded when it is asked for, since that
   * takes longer than everything else at the start; a file is read at once.
   *
   * @throws UsageException if the file holds no certificates
   */
  static Supplier<SSLSocketFactory> sockets(@Nullable String file) {
    if (file == null) {
      return Trust::standard;
    }
    var own = only(file);
    return () -> own;
  }

  private static SSLSocketFactory standard() {
    try {
      return SSLContext.getDefault().getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new UsageException("the JDK's own certificates cannot be read: " + e.getMessage());
    }
  }

  private static SSLSocketFactory only(String file) {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      try (var in = Files.newInputStream(Path.of(file))) {
        for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
          store.setCertificateEntry("ca-" + store.size(), certificate);
        }
      }
      if (store.size() == 0) {
        throw new UsageException("--cacert " + file + " holds no certificate in PEM form");
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
