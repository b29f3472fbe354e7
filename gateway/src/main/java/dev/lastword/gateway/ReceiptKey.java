package dev.lastword.gateway;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A key of Ed25519 that receipts are signed with, or checked.
 *
 * @param x its public half as RFC 8032 writes it, base64url without padding
 * @param seed its private half, null where only receipts are checked
 * @param madeMs wall-clock time, 0 where that is not known
 */
record ReceiptKey(String x, @Nullable String seed, long madeMs) {
  private static final String ED25519 = "Ed25519";
  private static final int BYTES = 32;

  /** A new key. */
  static ReceiptKey make(long nowMs) {
    try {
      var pair = KeyPairGenerator.getInstance(ED25519).generateKeyPair();
      var seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      return new ReceiptKey(
          text(encoded(((EdECPublicKey) pair.getPublic()).getPoint())), text(seed), nowMs);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ED25519, e);
    }
  }

  /**
   * Checks the form of both halves.
   *
   * @throws IllegalArgumentException if one of them is none
   */
  ReceiptKey {
    if (Base64.getUrlDecoder().decode(x).length != BYTES
        || (seed != null && Base64.getUrlDecoder().decode(seed).length != BYTES)) {
      throw new IllegalArgumentException("a key of Ed25519 has 32 bytes");
    }
  }

  /** Its thumbprint (RFC 7638), by which receipts name it. */
  String kid() {
    var members = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + x + "\"}";
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return text(sha256.digest(members.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Signs bytes. */
  byte[] sign(byte[] bytes) {
    if (seed == null) {
      throw new IllegalStateException("the key " + kid() + " can only check");
    }
    try {
      var signature = Signature.getInstance(ED25519);
      signature.initSign(privateKey(seed));
      signature.update(bytes);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign with the key " + kid(), e);
    }
  }

  /** Whether a signature of bytes is this key's. */
  boolean hasSigned(byte[] bytes, byte[] signed) {
    try {
      var signature = Signature.getInstance(ED25519);
      signature.initVerify(publicKey());
      signature.update(bytes);
      return signature.verify(signed);
    } catch (SignatureException e) {
      return false; // not even of the right length
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot check with the key " + kid(), e);
    }
  }

  private static PrivateKey privateKey(String seed) throws GeneralSecurityException {
    return KeyFactory.getInstance(ED25519)
        .generatePrivate(
            new EdECPrivateKeySpec(
                NamedParameterSpec.ED25519, Base64.getUrlDecoder().decode(seed)));
  }

  private PublicKey publicKey() throws GeneralSecurityException {
    var bytes = Base64.getUrlDecoder().decode(x);
    boolean odd = bytes[BYTES - 1] < 0;
    bytes[BYTES - 1] &= 0x7F;
    var point = new EdECPoint(odd, new BigInteger(1, reversed(bytes)));
    return KeyFactory.getInstance(ED25519)
        .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
  }

  /** 32 bytes, little endian, the highest bit of which says whether x is odd. */
  private static byte[] encoded(EdECPoint point) {
    var big = point.getY().toByteArray();
    var bytes = new byte[BYTES];
    for (int i = 0; i < Math.min(BYTES, big.length); i++) {
      bytes[i] = big[big.length - 1 - i];
    }
    if (point.isXOdd()) {
      bytes[BYTES - 1] |= (byte) 0x80;
    }
    return bytes;
  }

  private static byte[] reversed(byte[] bytes) {
    var other = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      other[i] = bytes[bytes.length - 1 - i];
    }
    return other;
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Names the key, and keeps the private half to itself. */
  @Override
  public String toString() {
    return "ReceiptKey[" + kid() + "]";
  }
}
