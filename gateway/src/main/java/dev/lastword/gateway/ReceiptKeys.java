package dev.lastword.gateway;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of a gateway's receipts, in {@value #FILE} of its data directory, which only its user
 * may read: the newest signs, and those before it stay, for what they have signed. Another process
 * may add one; that is seen within a second. Thread-safe.
 */
final class ReceiptKeys {
  static final String FILE = "receipts.keys";

  private static final Logger log = LoggerFactory.getLogger(ReceiptKeys.class);
  private static final String LOCK = ".receipts.keys.lock";
  private static final Pattern LINE = Pattern.compile("([0-9]{1,15}) ([\\w-]{43}) ([\\w-]{43})");
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** By then a new key has been seen: twice as long as it may be until the file is looked at. */
  private static final long SEEN_MS = 2_000;

  private final Path data;
  private final Path file;
  private List<ReceiptKey> keys;
  private long lookedNanos = System.nanoTime();
  private Object seen;

  /** How the file looked when it was without keys. */
  private @Nullable Object emptied;

  private ReceiptKeys(Path data, List<ReceiptKey> keys, Object seen) {
    this.data = data;
    this.file = data.resolve(FILE);
    this.keys = keys;
    this.seen = seen;
  }

  /**
   * Reads the file of a data directory; where there is none it is made, with a first key.
   *
   * @param nowMs when that is made
   * @throws ConfigException if it cannot be read or written, or is malformed
   */
  static ReceiptKeys open(Path data, long nowMs) {
    var file = data.resolve(FILE);
    try {
      if (PrivateFiles.isShared(file)) {
        log.warn("receipts.keys_exposed file={} hint=\"chmod 600\"", file);
      }
      addFirst(data, nowMs);
      return new ReceiptKeys(data, read(file), stamp(file));
    } catch (IOException e) {
      throw new ConfigException("cannot use " + file + ": " + e.getMessage());
    }
  }

  /** There is a key, for one process may have several gateways on a directory. */
  private static synchronized void addFirst(Path data, long nowMs) throws IOException {
    if (read(data.resolve(FILE)).isEmpty()) {
      add(data, nowMs);
    }
  }

  /** Adds a key to a data directory, which signs from now on. */
  static synchronized ReceiptKey add(Path data, long nowMs) throws IOException {
    var lock = data.resolve(LOCK);
    PrivateFiles.touch(lock);
    try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        var _ = channel.lock()) {
      var file = data.resolve(FILE);
      var more = new ArrayList<>(read(file));
      var made = ReceiptKey.make(nowMs);
      more.add(made);
      var lines = new ArrayList<String>();
      lines.add("# Whoever has these can sign receipts. Made (ms since 1970), public, private.");
      more.forEach(key -> lines.add(key.madeMs() + " " + key.x() + " " + key.seed()));
      PrivateFiles.write(file, lines);
      return made;
    }
  }

  /**
   * The keys of a file, the newest last.
   *
   * @throws IOException also where it is malformed
   */
  static List<ReceiptKey> read(Path file) throws IOException {
    var keys = new ArrayList<ReceiptKey>();
    for (var line : PrivateFiles.read(file)) {
      var parts = LINE.matcher(line);
      if (!parts.matches()) {
        throw new IOException("line " + (keys.size() + 1) + " holds no key");
      }
      var key = ReceiptKey.signing(parts.group(3), Long.parseLong(parts.group(1)));
      if (!key.x().equals(parts.group(2))) {
        throw new IOException("line " + (keys.size() + 1) + " holds halves of two keys");
      }
      keys.add(key);
    }
    return List.copyOf(keys);
  }

  /** The key that signs now. Reads the file if it has changed. */
  ReceiptKey current() {
    return all().getLast();
  }

  /**
   * The key that signed at a time, by the wall clock: the same whenever it is asked for, so that a
   * new one counts only when every process has seen it. Reads the file if it has changed.
   */
  ReceiptKey at(long ms) {
    var all = all();
    return all.reversed().stream()
        .filter(key -> key.madeMs() + SEEN_MS <= ms)
        .findFirst()
        .orElseGet(all::getFirst);
  }

  /** All keys, the newest last. Reads the file if it has changed. */
  synchronized List<ReceiptKey> all() {
    long now = System.nanoTime();
    if (now - lookedNanos >= LOOK_NANOS) {
      lookedNanos = now;
      look();
    }
    return keys;
  }

  private void look() {
    try {
      var stamp = stamp(file);
      if (stamp.equals(seen)) {
        return;
      }
      var found = read(file);
      if (found.isEmpty() && !stamp.equals(emptied)) {
        emptied = stamp; // an editor may be about to write what it has
        return;
      }
      if (found.isEmpty()) {
        log.warn("receipts.keys_taken file={} hint=\"another key is made\"", file);
        addFirst(data, System.currentTimeMillis());
        stamp = stamp(file);
        found = read(file);
      }
      if (found.isEmpty()) {
        return; // and taken again
      }
      keys = found;
      seen = stamp;
      emptied = null;
      log.info("receipts.keys_reloaded current={}", keys.getLast().kid());
    } catch (IOException e) {
      log.warn("receipts.keys_unreadable cause={}", e.toString());
    }
  }

  private static Object stamp(Path file) throws IOException {
    return List.of(Files.getLastModifiedTime(file), Files.size(file));
  }
}
