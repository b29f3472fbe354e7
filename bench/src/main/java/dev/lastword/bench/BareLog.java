package dev.lastword.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;

/**
 * The least that makes bytes durable in order: one thread, segments, length and checksum, one write
 * and one force for all that has queued. No recovery, no limits, no failure handling: the line to
 * measure the journal against.
 */
final class BareLog implements AutoCloseable {
  private static final int SEGMENT_BYTES = 64 << 20;
  private static final int BATCH_BYTES = 1 << 20;

  private final Path directory;
  private final boolean prepared;
  private final MpscUnboundedAtomicArrayQueue<Write> queue =
      new MpscUnboundedAtomicArrayQueue<>(1024);
  private final Thread thread;
  private volatile boolean idle;
  private volatile boolean closed;
  private int segment;
  private FileChannel channel;
  private long offset;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Write(byte[] id, byte[] bytes, Runnable ack) {}

  /**
   * @param prepared fill each segment with zeros first (outside of what is measured, for the first)
   *     instead of growing it
   */
  BareLog(Path directory, boolean prepared) throws IOException {
    this.directory = directory;
    this.prepared = prepared;
    this.channel = open();
    this.thread = Thread.ofPlatform().daemon().name("bare-log").start(this::run);
  }

  void append(byte[] id, byte[] bytes, Runnable ack) {
    queue.add(new Write(id, bytes, ack));
    if (idle) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    var buffer = ByteBuffer.allocateDirect(BATCH_BYTES);
    var batch = new ArrayList<Write>();
    try {
      while (!closed) {
        fill(buffer, batch);
        if (batch.isEmpty()) {
          await();
        } else {
          flush(buffer, batch);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fill(ByteBuffer buffer, List<Write> batch) {
    while (buffer.remaining() > 4096) {
      var write = queue.poll();
      if (write == null) {
        return;
      }
      int start = buffer.position();
      buffer.putLong(0).put(write.id()).put(write.bytes());
      var crc = new CRC32C();
      crc.update(buffer.duplicate().limit(buffer.position()).position(start + 8));
      buffer.putInt(start, buffer.position() - start).putInt(start + 4, (int) crc.getValue());
      batch.add(write);
    }
  }

  private void flush(ByteBuffer buffer, List<Write> batch) throws IOException {
    buffer.flip();
    if (offset + buffer.remaining() > SEGMENT_BYTES) {
      channel.close();
      segment++;
      channel = open();
    }
    while (buffer.hasRemaining()) {
      offset += channel.write(buffer, offset);
    }
    channel.force(false);
    batch.forEach(write -> write.ack().run());
    batch.clear();
    buffer.clear();
  }

  private void await() {
    idle = true;
    if (queue.isEmpty() && !closed) {
      LockSupport.park(this);
    }
    idle = false;
  }

  private FileChannel open() throws IOException {
    var file =
        FileChannel.open(
            directory.resolve("bare-" + segment),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE);
    if (prepared) {
      var zeros = ByteBuffer.allocateDirect(1 << 20);
      for (long at = 0; at < SEGMENT_BYTES; at += zeros.capacity()) {
        file.write(zeros.clear(), at);
      }
      file.force(true);
    }
    try (var names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
    offset = 0;
    return file;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    channel.close();
  }
}
