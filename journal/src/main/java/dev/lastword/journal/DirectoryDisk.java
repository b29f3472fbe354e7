package dev.lastword.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A directory of the file system. */
final class DirectoryDisk implements Disk {
  static final String LOCK = "lock";

  /**
   * The directories that this process holds. POSIX gives a process's lock back as soon as any of
   * its handles on the file is closed, so a second opener must not even open the lock file.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private static final FileAttribute<?>[] NONE = {};

  private final Path directory;

  /**
   * A handle on the directory, while this process holds it: names must be made durable also when no
   * descriptor is left to open another with.
   */
  private volatile @Nullable FileChannel held;

  DirectoryDisk(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  @Override
  public Closeable lock() throws IOException {
    makeDirectories(directory);
    var real = directory.toRealPath();
    if (!HELD.add(real)) {
      throw new IOException(directory + " is already open in this process");
    }
    try {
      var file = lockFile();
      try {
        held = posix() ? FileChannel.open(directory, StandardOpenOption.READ) : null;
      } catch (IOException e) {
        file.close();
        throw e;
      }
      return () -> giveBack(real, file);
    } catch (IOException e) {
      HELD.remove(real);
      throw e;
    }
  }

  private void giveBack(Path real, FileChannel file) throws IOException {
    var handle = held;
    held = null;
    try (file) {
      if (handle != null) {
        handle.close();
      }
    } finally {
      HELD.remove(real);
    }
  }

  private FileChannel lockFile() throws IOException {
    var channel =
        channel(LOCK, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw new IOException(directory + " is already open in process " + holder(channel));
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
          0);
    } catch (IOException e) {
      channel.close();
      throw e;
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException(directory + " is already open in this process", e);
    }
    return channel;
  }

  private static String holder(FileChannel channel) throws IOException {
    var bytes = ByteBuffer.allocate(32);
    channel.read(bytes, 0);
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).strip();
  }

  @Override
  public List<String> list() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Override
  public File create(String name) throws IOException {
    return new ChannelFile(
        channel(
            name,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE));
  }

  @Override
  public File open(String name) throws IOException {
    return new ChannelFile(channel(name, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  @Override
  public File openForReading(String name) throws IOException {
    return new ChannelFile(channel(name, StandardOpenOption.READ));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(directory.resolve(from), directory.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(String name) throws IOException {
    Files.delete(directory.resolve(name));
  }

  @Override
  public void forceDirectory() throws IOException {
    var handle = held;
    if (handle == null) {
      force(directory);
      return;
    }
    try {
      handle.force(true);
    } catch (ClosedByInterruptException e) {
      throw e; // it is this thread that is to stop
    } catch (ClosedChannelException e) {
      // Another thread was interrupted meanwhile, and that closes the channel for all.
      var reopened = FileChannel.open(directory, StandardOpenOption.READ);
      held = reopened;
      reopened.force(true);
    }
  }

  @Override
  public long usableBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  @Override
  public String toString() {
    return directory.toString();
  }

  private FileChannel channel(String name, OpenOption... options) throws IOException {
    return FileChannel.open(directory.resolve(name), Set.of(options), mode("rw-------"));
  }

  /** A new directory is only there for good once its parent has been forced as well. */
  private static void makeDirectories(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    var parent = directory.getParent();
    if (parent != null) {
      makeDirectories(parent);
    }
    Files.createDirectory(directory, mode("rwx------"));
    if (parent != null) {
      force(parent);
    }
  }

  private static void force(Path directory) throws IOException {
    if (!posix()) {
      return; // Windows has no handle on a directory; its file system journals names itself
    }
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static FileAttribute<?>[] mode(String permissions) {
    return posix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : NONE;
  }

  private static boolean posix() {
    return java.io.File.separatorChar == '/';
  }

  private record ChannelFile(FileChannel channel) implements File {
    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      long at = position;
      while (bytes.hasRemaining()) {
        at += channel.write(bytes, at);
      }
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      int before = into.position();
      long at = position;
      while (into.hasRemaining()) {
        int read = channel.read(into, at);
        if (read < 0) {
          break;
        }
        at += read;
      }
      return into.position() - before;
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
