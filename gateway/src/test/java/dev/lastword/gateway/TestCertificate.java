package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A certificate that signs itself, with its key. */
final class TestCertificate {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final String ALIAS = "it";

  private final KeyStore store;

  private TestCertificate(KeyStore store) {
    this.store = store;
  }

  /**
   * Makes one.
   *
   * @param names such as {@code dns:localhost,ip:127.0.0.1}
   * @param algorithm as keytool takes it: {@code EC}, {@code RSA}
   */
  static TestCertificate of(Path folder, String names, String algorithm) throws Exception {
    var file = Files.createTempFile(folder, "keys", ".p12");
    Files.delete(file);
    var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    var process =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=test",
                "-ext",
                "SAN=" + names,
                "-ext",
                "bc:c",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    try (InputStream said = process.getInputStream()) {
      var text = new String(said.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(text).isZero();
    }
    var store = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return new TestCertificate(store);
  }

  static TestCertificate ofLocalhost(Path folder) throws Exception {
    return of(folder, "dns:localhost,ip:127.0.0.1", "EC");
  }

  X509Certificate certificate() throws Exception {
    return (X509Certificate) store.getCertificate(ALIAS);
  }

  Path writeCertificate(Path file) throws Exception {
    return put(file, "CERTIFICATE", store.getCertificate(ALIAS).getEncoded());
  }

  Path writeKey(Path file) throws Exception {
    return put(file, "PRIVATE KEY", store.getKey(ALIAS, PASSWORD).getEncoded());
  }

  /** In one step, as who renews certificates should. */
  private static Path put(Path file, String what, byte[] der) throws Exception {
    var body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    var next = Files.createTempFile(file.getParent(), "next", ".pem");
    Files.writeString(
        next, "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n");
    return Files.move(
        next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Of a server that shows it. */
  SSLContext serving() throws Exception {
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** Of a client that trusts it. */
  SSLContext trusting() throws Exception {
    return trusting(null);
  }

  /** Of a client that trusts it, and shows a certificate of its own. */
  SSLContext trusting(@Nullable TestCertificate shown) throws Exception {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(ALIAS, store.getCertificate(ALIAS));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    if (shown == null) {
      context.init(null, trust.getTrustManagers(), null);
    } else {
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(shown.store, PASSWORD);
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    }
    return context;
  }
}
