package dev.lastword.checker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** A certificate authority of its own, made by the JDK's keytool, and a server's certificate. */
final class PrivateCa {
  private static final String PASSWORD = "changeit";

  private final Path dir;
  private final Path certificate;

  /**
   * @param dir where its files are made
   * @param names whom the server's certificate is for, such as {@code ip:127.0.0.1}
   */
  PrivateCa(Path dir, String names) throws IOException, InterruptedException {
    this.dir = dir;
    this.certificate = dir.resolve("ca.pem");
    keytool("-genkeypair", "-alias", "ca", "-dname", "CN=Private CA", "-ext", "bc:c");
    keytool("-exportcert", "-rfc", "-alias", "ca", "-file", certificate.toString());
    keytool("-genkeypair", "-alias", "server", "-dname", "CN=server");
    keytool("-certreq", "-alias", "server", "-file", dir.resolve("server.csr").toString());
    keytool(
        "-gencert",
        "-alias",
        "ca",
        "-ext",
        "san=" + names,
        "-infile",
        dir.resolve("server.csr").toString(),
        "-outfile",
        dir.resolve("server.pem").toString());
    keytool("-importcert", "-alias", "server", "-file", dir.resolve("server.pem").toString());
  }

  private void keytool(String... command) throws IOException, InterruptedException {
    var all = new ArrayList<String>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    all.addAll(List.of(command));
    all.addAll(
        List.of("-keystore", store().toString(), "-storepass", PASSWORD, "-storetype", "PKCS12"));
    if (command[0].equals("-genkeypair")) {
      all.addAll(List.of("-keyalg", "EC", "-validity", "30"));
    }
    if (command[0].equals("-importcert")) {
      all.add("-noprompt");
    }
    var output = dir.resolve("keytool.log");
    int code =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException(Files.readString(output));
    }
  }

  private Path store() {
    return dir.resolve("store.p12");
  }

  /** The file for {@code --cacert}. */
  String certificate() {
    return certificate.toString();
  }

  KeyManagerFactory keys() throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance(store().toFile(), PASSWORD.toCharArray());
    store.deleteEntry("ca");
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    return keys;
  }

  /** A socket that listens for HTTP/1.1 over TLS. */
  ServerSocket listen() throws IOException, GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(keys().getKeyManagers(), null, null);
    var socket =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 128, InetAddress.getLoopbackAddress());
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    socket.setSSLParameters(parameters);
    return socket;
  }
}
