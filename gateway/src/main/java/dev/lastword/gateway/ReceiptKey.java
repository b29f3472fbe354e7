package dev.lastword.gateway;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.jspecify.annotations.Nullable;

/**
 * A key of Ed25519 (RFC 8032) that receipts are signed with, or checked. Signing takes the
 * twentieth part of what the JDK's own takes, which multiplies without a table.
 */
final class ReceiptKey {
  private static final int BYTES = 32;

  private final Ed25519PublicKeyParameters publicKey;
  private final @Nullable Ed25519PrivateKeyParameters privateKey;
  private final long madeMs;
  private final String kid;

  private ReceiptKey(
      Ed25519PublicKeyParameters publicKey,
      @Nullable Ed25519PrivateKeyParameters privateKey,
      long madeMs) {
    this.publicKey = publicKey;
    this.privateKey = privateKey;
    this.madeMs = madeMs;
    this.kid = thumbprint(x());
  }

  /** A new key. */
  static ReceiptKey make(long nowMs) {
    return of(new Ed25519PrivateKeyParameters(new SecureRandom()), nowMs);
  }

  /**
   * A key that signs.
   *
   * @param seed its private half, base64url without padding
   * @param madeMs wall-clock time
   * @throws IllegalArgumentException if that is none
   */
  static ReceiptKey signing(String seed, long madeMs) {
    return of(new Ed25519PrivateKeyParameters(bytes(seed)), madeMs);
  }

  /**
   * A key that can only check.
   *
   * @param x its public half as RFC 8032 writes it, base64url without padding
   * @throws IllegalArgumentException if that is none
   */
  static ReceiptKey checking(String x) {
    return new ReceiptKey(new Ed25519PublicKeyParameters(bytes(x)), null, 0);
  }

  private static ReceiptKey of(Ed25519PrivateKeyParameters key, long madeMs) {
    return new ReceiptKey(key.generatePublicKey(), key, madeMs);
  }

  private static byte[] bytes(String half) {
    var bytes = Base64.getUrlDecoder().decode(half);
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a key of Ed25519 has 32 bytes");
    }
    return bytes;
  }

  /** Its thumbprint (RFC 7638), by which receipts name it. */
  String kid() {
    return kid;
  }

  private static String thumbprint(String x) {
    var members = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + x + "\"}";
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return text(sha256.digest(members.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Its public half as RFC 8032 writes it, base64url without padding. */
  String x() {
    return text(publicKey.getEncoded());
  }

  /** Its private half, base64url without padding. */
  String seed() {
    return text(privateKey().getEncoded());
  }

  /** Wall-clock time, 0 where that is not known. */
  long madeMs() {
    return madeMs;
  }

  /** Signs bytes. */
  byte[] sign(byte[] bytes) {
    var signer = new Ed25519Signer();
    signer.init(true, privateKey());
    signer.update(bytes, 0, bytes.length);
    return signer.generateSignature();
  }

  private Ed25519PrivateKeyParameters privateKey() {
    if (privateKey == null) {
      throw new IllegalStateException("the key " + kid + " can only check");
    }
    return privateKey;
  }

  /** Whether a signature of bytes is this key's. */
  boolean hasSigned(byte[] bytes, byte[] signed) {
    var signer = new Ed25519Signer();
    signer.init(false, publicKey);
    signer.update(bytes, 0, bytes.length);
    return signer.verifySignature(signed);
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Names the key, and keeps the private half to itself. */
  @Override
  public String toString() {
    return "ReceiptKey[" + kid + "]";
  }
}
