package dev.lastword.journal.kafka;

import dev.lastword.journal.kafka.Change.Lengthened;
import dev.lastword.journal.kafka.Change.Made;
import dev.lastword.journal.kafka.Change.Named;
import dev.lastword.journal.kafka.Change.Opened;
import dev.lastword.journal.kafka.Change.Removed;
import dev.lastword.journal.kafka.Change.Written;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How a change is a record: its key says in 32 bytes which it is, by whom, and of which file; its
 * value is the rest.
 *
 * @see "docs/formats/journal.md §9"
 */
final class ChangeForm {
  static final int KEY_BYTES = 32;

  private static final int MAGIC = 0x4c574a00; // LWJ, and what is in no text
  private static final byte VERSION = 1;
  private static final byte OPENED = 1;
  private static final byte MADE = 2;
  private static final byte LENGTHENED = 3;
  private static final byte NAMED = 4;
  private static final byte REMOVED = 5;
  private static final byte WRITTEN = 6;

  private ChangeForm() {}

  static ProducerRecord<byte[], byte[]> of(Change change, KafkaPartition place) {
    return switch (change) {
      case Opened opened -> sent(place, key(OPENED, opened.epoch(), 0, 0), text(opened.owner()));
      case Made made -> sent(place, key(MADE, made.epoch(), made.file(), 0), text(made.name()));
      case Lengthened lengthened ->
          sent(
              place,
              key(LENGTHENED, lengthened.epoch(), lengthened.file(), lengthened.bytes()),
              new byte[0]);
      case Named named ->
          sent(place, key(NAMED, named.epoch(), named.file(), 0), text(named.name()));
      case Removed removed ->
          sent(place, key(REMOVED, removed.epoch(), removed.file(), 0), new byte[0]);
      case Written written ->
          sent(
              place,
              key(WRITTEN, written.epoch(), written.file(), written.position()),
              bytes(written.bytes()));
    };
  }

  private static ProducerRecord<byte[], byte[]> sent(
      KafkaPartition place, byte[] key, byte[] value) {
    return new ProducerRecord<>(place.topic(), place.partition(), key, value);
  }

  private static byte[] key(byte kind, long epoch, long file, long number) {
    return ByteBuffer.allocate(KEY_BYTES)
        .putInt(MAGIC)
        .put(VERSION)
        .put(kind)
        .putShort((short) 0)
        .putLong(epoch)
        .putLong(file)
        .putLong(number)
        .array();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    var bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /**
   * What a record says; empty if it is none of Lastword's.
   *
   * @throws IOException if a later version wrote it
   */
  static Optional<Change> read(ConsumerRecord<byte[], byte[]> record) throws IOException {
    byte @Nullable [] head = record.key();
    byte @Nullable [] value = record.value();
    if (head == null || value == null || head.length < 5) {
      return Optional.empty();
    }
    var key = ByteBuffer.wrap(head);
    if (key.getInt(0) != MAGIC) {
      return Optional.empty();
    }
    byte version = key.get(4);
    if (version != VERSION) {
      throw new IOException(
          "the record at offset %d is of version %d, and %d is the newest that this Lastword knows"
              .formatted(record.offset(), version, VERSION));
    }
    return head.length == KEY_BYTES ? read(key, value) : Optional.empty();
  }

  private static Optional<Change> read(ByteBuffer key, byte[] value) {
    byte kind = key.get(5);
    long epoch = key.getLong(8);
    long file = key.getLong(16);
    long number = key.getLong(24);
    return switch (kind) {
      case OPENED -> Optional.of(new Opened(epoch, name(value)));
      case MADE -> Optional.of(new Made(epoch, file, name(value)));
      case LENGTHENED -> Optional.of(new Lengthened(epoch, file, number));
      case NAMED -> Optional.of(new Named(epoch, file, name(value)));
      case REMOVED -> Optional.of(new Removed(epoch, file));
      case WRITTEN -> Optional.of(new Written(epoch, file, number, ByteBuffer.wrap(value)));
      default -> Optional.empty();
    };
  }

  private static String name(byte[] value) {
    return new String(value, StandardCharsets.UTF_8);
  }
}
