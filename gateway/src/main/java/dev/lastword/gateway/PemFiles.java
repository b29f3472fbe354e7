package dev.lastword.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** Certificates and keys in PEM (RFC 7468). Blocks. */
final class PemFiles {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final Pattern OTHER_KEY =
      Pattern.compile("-----BEGIN ((?:RSA|EC|DSA|ENCRYPTED) PRIVATE KEY)-----");
  private static final byte[] PROBE = "lastword".getBytes(StandardCharsets.US_ASCII);

  private PemFiles() {}

  /** What tells that a file is another one than before. */
  record Stamp(List<String> files) {}

  static Stamp stamp(Path... files) throws IOException {
    var stamps = new ArrayList<String>();
    for (var file : files) {
      var read = Files.readAttributes(file, BasicFileAttributes.class);
      stamps.add(read.fileKey() + " " + read.lastModifiedTime() + " " + read.size());
    }
    return new Stamp(stamps);
  }

  /**
   * The certificates of a file, in its order; at least one.
   *
   * @throws ConfigException that names the setting, if there are none
   */
  static X509Certificate[] certificates(Setting setting, Path file) {
    try (var in = Files.newInputStream(file)) {
      var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw unusable(setting, file, "holds no certificate");
      }
      return found.toArray(X509Certificate[]::new);
    } catch (IOException e) {
      throw unreadable(file.toString(), e);
    } catch (CertificateException e) {
      throw unusable(setting, file, "holds no proper certificate");
    }
  }

  /**
   * The private key of a certificate.
   *
   * @throws ConfigException that names the setting, if there is none, or it is another one's
   */
  static PrivateKey privateKey(Setting setting, Path file, X509Certificate certificate) {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw unreadable(file.toString(), e);
    }
    var body = KEY.matcher(text);
    if (!body.find()) {
      var other = OTHER_KEY.matcher(text);
      throw unusable(
          setting,
          file,
          other.find()
              ? "holds an "
                  + other.group(1)
                  + "; it has to be PKCS#8 without a password, as openssl pkcs8 -topk8 -nocrypt writes it"
              : "holds no private key");
    }
    try {
      var spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body.group(1)));
      var key =
          KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm()).generatePrivate(spec);
      if (belongTogether(key, certificate.getPublicKey())) {
        return key;
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw unusable(setting, file, "is not the key of the certificate");
    }
    throw unusable(setting, file, "is not the key of the certificate");
  }

  /** One signs, the other verifies: a pair of which one was replaced would fail each handshake. */
  private static boolean belongTogether(PrivateKey key, PublicKey certified)
      throws GeneralSecurityException {
    var algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "RSASSA-PSS" -> "RSASSA-PSS";
          case "EC" -> "SHA256withECDSA";
          case "DSA" -> "SHA256withDSA";
          default -> key.getAlgorithm(); // Ed25519 and its like sign by their own name
        };
    var signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(PROBE);
    var signed = signing.sign();
    var verifying = Signature.getInstance(algorithm);
    verifying.initVerify(certified);
    verifying.update(PROBE);
    return verifying.verify(signed);
  }

  static ConfigException unreadable(String what, IOException e) {
    return new ConfigException(
        "cannot read " + what + ": " + e.getClass().getSimpleName() + " " + e.getMessage());
  }

  private static ConfigException unusable(Setting setting, Path file, String why) {
    return new ConfigException("'" + setting.key() + "': " + file + " " + why);
  }
}
