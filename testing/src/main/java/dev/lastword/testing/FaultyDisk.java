package dev.lastword.testing;

import dev.lastword.journal.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that fails on demand, for a journal under simulation.
 *
 * <p>Keeps what was flushed apart from what was only written, and does with the second what a power
 * cut may do: to the contents of files in sectors of 512 bytes, to names one operation at a time. A
 * force that is made to fail leaves the written bytes readable but never to be flushed, as Linux
 * does: only writing them again makes them durable. Thread-safe; deterministic if the generators
 * are.
 */
public final class FaultyDisk implements Disk {
  private final Medium medium;
  private boolean locked;
  private boolean off;
  private boolean forcesFail;
  private boolean readsFail;
  private long operationsLeft = Long.MAX_VALUE;
  private long operations;
  private Runnable beforeForce = () -> {};

  /** What of the unflushed survives a power cut. */
  public enum Crash {
    /** Nothing. */
    DROP,
    /** What was written first, up to some sector. */
    PREFIX,
    /** Any sectors and any names. */
    TORN,
    /** All of it. */
    KEEP
  }

  /** An empty disk. */
  public FaultyDisk() {
    this(new Medium());
  }

  private FaultyDisk(Medium medium) {
    this.medium = medium;
  }

  /**
   * Cuts the power. This disk refuses everything from now on.
   *
   * @return the disk as it comes back
   */
  public synchronized FaultyDisk crash(Crash mode, RandomGenerator random) {
    off = true;
    switch (mode) {
      case DROP -> medium.drop();
      case PREFIX -> medium.keepPrefix(random);
      case TORN -> medium.tear(random);
      case KEEP -> medium.flush();
    }
    medium.restart();
    return new FaultyDisk(medium);
  }

  /**
   * Ends the process that has the files open, as {@code kill -9} does: all that was written stays
   * readable, and what was not flushed can still be lost. This disk refuses everything from now on.
   *
   * @return the disk as the next process finds it
   */
  public synchronized FaultyDisk kill() {
    off = true;
    return new FaultyDisk(medium);
  }

  /**
   * A disk that holds what is flushed at this moment: what a power cut would leave at the least.
   */
  public synchronized FaultyDisk flushed() {
    return new FaultyDisk(medium.flushedCopy());
  }

  /** Cuts the power of its own after so many more writes, forces and changes of names. */
  public synchronized void failAfter(long operations) {
    operationsLeft = operations;
  }

  /** How many writes, forces and changes of names there were. */
  public synchronized long operations() {
    return operations;
  }

  /** Whether every force fails with an I/O error. */
  public synchronized void failForces(boolean fail) {
    forcesFail = fail;
  }

  /** Whether every read fails with an I/O error. */
  public synchronized void failReads(boolean fail) {
    readsFail = fail;
  }

  /** How many bytes go onto the disk; a file that would grow beyond is refused. */
  public synchronized void capacity(long bytes) {
    medium.capacity = bytes;
  }

  /** How many bytes the files take. */
  public synchronized long usedBytes() {
    return medium.used();
  }

  /** Whether the power is off, or the process that had it is gone. */
  public synchronized boolean isOff() {
    return off;
  }

  /** Runs before each force, such as to let time pass on a simulated clock. */
  public synchronized void beforeForce(Runnable action) {
    beforeForce = action;
  }

  /** Turns one bit of a file over, where it is flushed and where it is read. */
  public synchronized void flipBit(String name, long offset, int bit) throws IOException {
    medium.find(name).flip(Math.toIntExact(offset), bit);
  }

  /** A copy of what the file holds. */
  public synchronized byte[] contents(String name) throws IOException {
    return medium.find(name).contents();
  }

  @Override
  public synchronized Closeable lock() throws IOException {
    checkOn();
    if (locked) {
      throw new IOException(this + " is already open in this process");
    }
    locked = true;
    return this::unlock;
  }

  private synchronized void unlock() {
    locked = false;
  }

  @Override
  public synchronized List<String> list() throws IOException {
    checkOn();
    return List.copyOf(medium.names.keySet());
  }

  @Override
  public synchronized File create(String name) throws IOException {
    operate();
    if (medium.names.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    var inode = new Medium.Inode();
    medium.change(names -> names.put(name, inode));
    return new Handle(inode);
  }

  @Override
  public synchronized File open(String name) throws IOException {
    checkOn();
    return new Handle(medium.find(name));
  }

  @Override
  public File openForReading(String name) throws IOException {
    return open(name);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    operate();
    var inode = medium.find(from);
    medium.change(
        names -> {
          names.remove(from);
          names.put(to, inode);
        });
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    operate();
    if (!medium.names.containsKey(name)) {
      throw new NoSuchFileException(name);
    }
    medium.change(names -> names.remove(name));
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    beforeForce.run();
    operate();
    if (forcesFail) {
      throw new IOException("Input/output error");
    }
    medium.flushNames();
  }

  @Override
  public synchronized long usableBytes() throws IOException {
    checkOn();
    return medium.capacity - medium.used();
  }

  @Override
  public String toString() {
    return "memory";
  }

  private void operate() throws IOException {
    checkOn();
    if (operationsLeft == 0) {
      off = true;
      throw new IOException("the power is off");
    }
    operationsLeft--;
    operations++;
  }

  private void checkOn() throws IOException {
    if (off) {
      throw new IOException("the power is off");
    }
  }

  private synchronized void write(Medium.Inode inode, ByteBuffer bytes, long position)
      throws IOException {
    operate();
    long growth = position + bytes.remaining() - inode.size();
    if (growth > 0 && growth > medium.capacity - medium.used()) {
      throw new IOException("No space left on device");
    }
    var copy = new byte[bytes.remaining()];
    bytes.get(copy);
    medium.write(inode, Math.toIntExact(position), copy);
  }

  private synchronized int read(Medium.Inode inode, ByteBuffer into, long position)
      throws IOException {
    checkOn();
    if (readsFail) {
      throw new IOException("Input/output error");
    }
    return inode.read(into, Math.toIntExact(position));
  }

  private synchronized void force(Medium.Inode inode) throws IOException {
    beforeForce.run();
    operate();
    if (forcesFail) {
      medium.forget(inode);
      throw new IOException("Input/output error");
    }
    medium.flush(inode);
  }

  private final class Handle implements File {
    private final Medium.Inode inode;

    Handle(Medium.Inode inode) {
      this.inode = inode;
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      FaultyDisk.this.write(inode, bytes, position);
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return FaultyDisk.this.read(inode, into, position);
    }

    @Override
    public void force() throws IOException {
      FaultyDisk.this.force(inode);
    }

    @Override
    public long size() {
      return inode.size();
    }

    @Override
    public void close() {}
  }
}
