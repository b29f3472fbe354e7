package dev.lastword.gateway;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys that a gateway makes for itself at its first start: one that owners are told apart by, and
 * those that links are signed with, the newest of which signs. They lie in {@value #FILE} of the
 * data directory, which only the gateway's user may read. Without the file every owner is another
 * one. Thread-safe.
 */
final class Secrets {
  static final String FILE = "access.keys";

  /** A key signs for so long, */
  static final Duration LINK_KEY_AGE_MAX = Duration.ofDays(30);

  /** and what it signed is good for no longer than this. */
  static final Duration LINK_LIFE_MAX = Duration.ofDays(7);

  private static final Logger log = LoggerFactory.getLogger(Secrets.class);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int KEY_BYTES = 32;
  private static final int ID_BYTES = 6;

  private final Path file;
  private final byte[] ownerKey;
  private volatile List<LinkKey> linkKeys;

  /**
   * A key that signs links.
   *
   * @param id stands in each link
   * @param madeMs wall-clock time
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record LinkKey(String id, long madeMs, byte[] bytes) {}

  private Secrets(Path file, byte[] ownerKey, List<LinkKey> linkKeys) {
    this.file = file;
    this.ownerKey = ownerKey;
    this.linkKeys = linkKeys;
  }

  /**
   * Reads the file of a data directory, or makes it.
   *
   * @throws ConfigException if it cannot be read or written, or is malformed
   */
  static Secrets open(Path data, long nowMs) {
    var file = data.resolve(FILE);
    try {
      if (PrivateFiles.isShared(file)) {
        log.warn("access.keys_exposed file={} hint=\"chmod 600\"", file);
      }
      var secrets = parse(file, PrivateFiles.read(file));
      secrets.rotateIfItCan(nowMs);
      return secrets;
    } catch (IOException e) {
      throw new ConfigException("cannot use " + file + ": " + e);
    }
  }

  private static Secrets parse(Path file, List<String> lines) {
    byte[] owner = null;
    var links = new ArrayList<LinkKey>();
    for (var line : lines) {
      var words = line.split(" ", -1);
      try {
        if (words.length == 2 && words[0].equals("owner")) {
          owner = Base64.getUrlDecoder().decode(words[1]);
        } else if (words.length == 4 && words[0].equals("link")) {
          var bytes = Base64.getUrlDecoder().decode(words[3]);
          links.add(new LinkKey(words[1], Long.parseLong(words[2]), bytes));
        } else {
          throw malformed(file);
        }
      } catch (IllegalArgumentException e) {
        throw malformed(file);
      }
    }
    if (owner == null && !lines.isEmpty()) {
      throw malformed(file);
    }
    links.sort(Comparator.comparingLong(LinkKey::madeMs).reversed());
    return new Secrets(file, owner == null ? random(KEY_BYTES) : owner, List.copyOf(links));
  }

  private static ConfigException malformed(Path file) {
    return new ConfigException(
        file
            + " is malformed; restore it, or remove it, and every stream that is there is an administrator's alone");
  }

  private static byte[] random(int length) {
    var bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  /** A full disk keeps nobody from starting who has a key. */
  private void rotateIfItCan(long nowMs) throws IOException {
    try {
      rotate(nowMs);
    } catch (IOException e) {
      if (linkKeys.isEmpty()) {
        throw e;
      }
      log.warn("access.rotation_failed cause={}", e.toString());
    }
  }

  /** Makes another key for links if the newest is old, and forgets those that nothing needs. */
  synchronized void rotate(long nowMs) throws IOException {
    var here = linkKeys;
    if (!here.isEmpty() && !isOld(here.getFirst(), nowMs)) {
      return;
    }
    var keys = new ArrayList<LinkKey>();
    keys.add(new LinkKey(text(random(ID_BYTES)), nowMs, random(KEY_BYTES)));
    for (int i = 0; i < here.size(); i++) {
      long signedUntilMs = i == 0 ? nowMs : here.get(i - 1).madeMs();
      if (nowMs - signedUntilMs < LINK_LIFE_MAX.toMillis()) {
        keys.add(here.get(i));
      }
    }
    PrivateFiles.write(file, lines(keys));
    linkKeys = List.copyOf(keys);
  }

  private static boolean isOld(LinkKey key, long nowMs) {
    return nowMs - key.madeMs() >= LINK_KEY_AGE_MAX.toMillis();
  }

  private List<String> lines(List<LinkKey> links) {
    var lines = new ArrayList<String>();
    lines.add("# Keys of this gateway. Whoever has them can name owners and sign links.");
    lines.add("owner " + text(ownerKey));
    links.forEach(
        key -> lines.add("link " + key.id() + " " + key.madeMs() + " " + text(key.bytes())));
    return lines;
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  byte[] ownerKey() {
    return ownerKey.clone();
  }

  /** The key that signs now. */
  LinkKey linkKey() {
    return linkKeys.getFirst();
  }

  /** Whether another key should sign by now. */
  boolean isRotationDue(long nowMs) {
    return isOld(linkKey(), nowMs);
  }

  /** The key that signed a link, if it is known. */
  Optional<LinkKey> linkKey(String id) {
    return linkKeys.stream().filter(key -> key.id().equals(id)).findFirst();
  }
}
