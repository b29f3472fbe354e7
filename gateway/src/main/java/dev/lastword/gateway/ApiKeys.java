package dev.lastword.gateway;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's own keys, as {@value #FILE} of a data directory has them: never a key itself, only
 * the hash of it. A key is 256 random bits, so one round of SHA-256 is enough.
 */
final class ApiKeys {
  static final String FILE = "api.keys";

  /** What a key's owner may be called; a stream is of the owner, not of the key. */
  static final Pattern NAME = Pattern.compile("[\\w.@+-]{1,100}");

  private static final String LOCK = ".api.keys.lock";
  private static final Pattern KEY = Pattern.compile("lw_([0-9a-f]{12})_[\\w-]{43}");
  private static final Pattern LINE =
      Pattern.compile("([0-9a-f]{12}) (\\S+) ([0-9]{1,15}) ([0-9]{1,15}) ([0-9a-f]{64})");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ID_BYTES = 6;
  private static final int SECRET_BYTES = 32;

  private ApiKeys() {}

  /**
   * One key.
   *
   * @param name whose it is
   * @param madeMs wall-clock time
   * @param revokedMs wall-clock time, 0 while it is good
   * @param hash of the whole key, in hexadecimal digits
   */
  record ApiKey(String id, String name, long madeMs, long revokedMs, String hash) {
    boolean isGood() {
      return revokedMs == 0;
    }

    private String line() {
      return String.join(" ", id, name, "" + madeMs, "" + revokedMs, hash);
    }
  }

  /** A key that was just made, and the only time that its text is there. */
  record Made(ApiKey key, String text) {}

  /**
   * Makes a key.
   *
   * @param name whose it is, or null to name it after itself
   */
  static Made make(@Nullable String name, long nowMs) {
    var id = HexFormat.of().formatHex(random(ID_BYTES));
    var secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random(SECRET_BYTES));
    var text = "lw_" + id + "_" + secret;
    return new Made(new ApiKey(id, name == null ? id : name, nowMs, 0, hash(text)), text);
  }

  private static byte[] random(int length) {
    var bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static String hash(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The key that a text is, if it is one of these and good. */
  static Optional<ApiKey> find(List<ApiKey> keys, String text) {
    var parts = KEY.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    var hash = hash(text).getBytes(StandardCharsets.US_ASCII);
    return keys.stream()
        .filter(key -> key.id().equals(parts.group(1)) && key.isGood())
        .filter(key -> MessageDigest.isEqual(hash, key.hash().getBytes(StandardCharsets.US_ASCII)))
        .findFirst();
  }

  /**
   * Reads a file.
   *
   * @throws IOException also where it is malformed
   */
  static List<ApiKey> read(Path file) throws IOException {
    var keys = new ArrayList<ApiKey>();
    for (var line : PrivateFiles.read(file)) {
      var parts = LINE.matcher(line);
      if (!parts.matches()) {
        throw new IOException("a line is malformed");
      }
      keys.add(
          new ApiKey(
              parts.group(1),
              parts.group(2),
              Long.parseLong(parts.group(3)),
              Long.parseLong(parts.group(4)),
              parts.group(5)));
    }
    return List.copyOf(keys);
  }

  /** Changes the keys of a data directory; one command at a time does. */
  static void change(Path data, UnaryOperator<List<ApiKey>> change) throws IOException {
    var file = data.resolve(FILE);
    var lock = data.resolve(LOCK);
    PrivateFiles.touch(lock);
    try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        var _ = channel.lock()) {
      var lines = new ArrayList<String>();
      lines.add("# id, owner, made, revoked (ms since 1970, 0 for never), SHA-256 of the key");
      change.apply(read(file)).forEach(key -> lines.add(key.line()));
      PrivateFiles.write(file, lines);
    }
  }
}
