package dev.lastword.testing;

import dev.lastword.journal.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.function.Predicate;
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
  private long forcesUntilFault = Long.MAX_VALUE;
  private boolean readsFail;
  private Predicate<String> stays = name -> false;
  private WriteFault writeFault = WriteFault.NONE;
  private int filesOpen;
  private int filesOpenMax = Integer.MAX_VALUE;
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

  /** What becomes of a write although the disk says that it is done. */
  public enum WriteFault {
    /** It is done. */
    NONE,
    /** Nothing is written. */
    LOST,
    /** It goes to another place of the same file. */
    MISDIRECTED
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

  /** A disk that holds what can be read at this moment: what the next process finds. */
  public synchronized FaultyDisk written() {
    return new FaultyDisk(medium.writtenCopy());
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

  /** Lets one force fail with an I/O error, after so many others; those behind it are done. */
  public synchronized void failOneForce(long after) {
    forcesUntilFault = after;
  }

  /**
   * Whether every read fails with an I/O error. A handle on which a read failed does not recover: a
   * file has to be opened anew.
   */
  public synchronized void failReads(boolean fail) {
    readsFail = fail;
  }

  /** Which names can be neither removed nor given to another file. */
  public synchronized void refuseRemovals(Predicate<String> names) {
    stays = names;
  }

  /** What becomes of the next write. */
  public synchronized void faultNextWrite(WriteFault fault) {
    writeFault = fault;
  }

  /** How many files may be open; opening one more is refused. */
  public synchronized void filesOpenMax(int files) {
    filesOpenMax = files;
  }

  /** How many files are open. */
  public synchronized int filesOpen() {
    return filesOpen;
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
    checkDescriptors(name);
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
    checkDescriptors(name);
    return new Handle(medium.find(name));
  }

  private void checkDescriptors(String name) throws IOException {
    if (filesOpen >= filesOpenMax) {
      throw new IOException(name + ": Too many open files");
    }
  }

  @Override
  public File openForReading(String name) throws IOException {
    return open(name);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    operate();
    checkRemoval(from);
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
    checkRemoval(name);
    if (!medium.names.containsKey(name)) {
      throw new NoSuchFileException(name);
    }
    medium.change(names -> names.remove(name));
  }

  private void checkRemoval(String name) throws IOException {
    if (stays.test(name)) {
      throw new IOException(name + ": Operation not permitted");
    }
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    beforeForce.run();
    operate();
    if (forceFails()) {
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
    long growth = Medium.growth(inode, position, bytes.remaining());
    if (growth > 0 && growth > medium.capacity - medium.used()) {
      throw new IOException("No space left on device");
    }
    var copy = new byte[bytes.remaining()];
    bytes.get(copy);
    switch (writeFault) {
      case NONE -> medium.write(inode, Math.toIntExact(position), copy);
      case LOST -> {}
      case MISDIRECTED -> medium.write(inode, elsewhere(inode, position, copy.length), copy);
    }
    writeFault = WriteFault.NONE;
  }

  /** Half a file away, where it still fits. */
  private static int elsewhere(Medium.Inode inode, long position, int length) {
    int room = Math.max(1, inode.size() - length);
    return (int) ((position + inode.size() / 2) % room / 512 * 512);
  }

  private boolean forceFails() {
    return forcesFail || forcesUntilFault-- == 0;
  }

  private synchronized int read(Handle handle, ByteBuffer into, long position) throws IOException {
    checkOn();
    handle.broken |= readsFail;
    if (handle.broken) {
      throw new IOException("Input/output error");
    }
    return handle.inode.read(into, Math.toIntExact(position));
  }

  private synchronized void close(Handle handle) {
    if (!handle.closed) {
      handle.closed = true;
      filesOpen--;
    }
  }

  private synchronized void force(Medium.Inode inode) throws IOException {
    beforeForce.run();
    operate();
    if (forceFails()) {
      medium.forget(inode);
      throw new IOException("Input/output error");
    }
    medium.flush(inode);
  }

  private final class Handle implements File {
    private final Medium.Inode inode;
    private boolean broken;
    private boolean closed;

    Handle(Medium.Inode inode) {
      this.inode = inode;
      filesOpen++;
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      FaultyDisk.this.write(inode, bytes, position);
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return FaultyDisk.this.read(this, into, position);
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
    public void close() {
      FaultyDisk.this.close(this);
    }
  }
}
