package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A real file system of a few MiB, mounted for a test. */
public record SmallDisk(Path path) implements AutoCloseable {
  private static final int CHUNK_BYTES = 64 << 10;

  /** In memory; skips the test where mounting is not allowed. */
  public static SmallDisk tmpfs(Path path, int mebibytes) throws IOException, InterruptedException {
    Files.createDirectories(path);
    mount("-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", path.toString());
    return new SmallDisk(path);
  }

  /** In an image file beside it; skips the test where mounting is not allowed. */
  public static SmallDisk ext4(Path path, int mebibytes, int blockBytes)
      throws IOException, InterruptedException {
    Files.createDirectories(path);
    var image = path.resolveSibling(path.getFileName() + ".img");
    try (var file = FileChannel.open(image, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.allocate(1), ((long) mebibytes << 20) - 1);
    }
    var made = run("mkfs.ext4", "-q", "-m", "0", "-b", "" + blockBytes, image.toString());
    assumeTrue(made.isEmpty(), "skipped: no ext4 can be made: " + made);
    mount("-o", "loop", image.toString(), path.toString());
    return new SmallDisk(path);
  }

  private static void mount(String... arguments) throws InterruptedException {
    var command = new String[arguments.length + 1];
    command[0] = "mount";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    var said = run(command);
    assumeTrue(said.isEmpty(), "skipped: a file system cannot be mounted here: " + said);
  }

  /** Mounts it again in place, with other options. */
  public void remount(String options) throws IOException, InterruptedException {
    var said = run("mount", "-o", "remount," + options, path.toString());
    if (!said.isEmpty()) {
      throw new IOException(said);
    }
  }

  /** Writes to a file until nothing more fits. */
  public void fill(String name) throws IOException {
    try (var file =
        FileChannel.open(
            path.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      var chunk = ByteBuffer.allocate(CHUNK_BYTES);
      while (true) {
        file.write(chunk.clear());
        file.force(false);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("space")) {
        throw e;
      }
    }
  }

  /** Bytes that still fit. */
  public long usableBytes() throws IOException {
    return Files.getFileStore(path).getUsableSpace();
  }

  /** What a command prints, or why it could not be started. */
  public static String run(String... command) throws InterruptedException {
    try {
      var process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
      var output = new String(process.getInputStream().readAllBytes(), UTF_8);
      process.waitFor();
      return output;
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public void close() {
    try {
      run("umount", path.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
