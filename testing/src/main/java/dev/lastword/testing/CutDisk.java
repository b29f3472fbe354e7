package dev.lastword.testing;

import dev.lastword.journal.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A real disk that refuses everything from one moment on, as a process sees it that is killed
 * there: what it wrote stays.
 */
final class CutDisk implements Disk {
  private final Disk disk;
  private volatile boolean cut;

  CutDisk(Disk disk) {
    this.disk = disk;
  }

  void cut() {
    cut = true;
  }

  private void check() throws IOException {
    if (cut) {
      throw new IOException("the process is gone");
    }
  }

  @Override
  public Closeable lock() throws IOException {
    return disk.lock();
  }

  @Override
  public List<String> list() throws IOException {
    check();
    return disk.list();
  }

  @Override
  public File create(String name) throws IOException {
    check();
    return new CutFile(disk.create(name));
  }

  @Override
  public File open(String name) throws IOException {
    check();
    return new CutFile(disk.open(name));
  }

  @Override
  public File openForReading(String name) throws IOException {
    check();
    return new CutFile(disk.openForReading(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    check();
    disk.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    check();
    disk.delete(name);
  }

  @Override
  public void forceDirectory() throws IOException {
    check();
    disk.forceDirectory();
  }

  @Override
  public long usableBytes() throws IOException {
    check();
    return disk.usableBytes();
  }

  @Override
  public String toString() {
    return disk.toString();
  }

  private final class CutFile implements File {
    private final File file;

    CutFile(File file) {
      this.file = file;
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      check();
      file.write(bytes, position);
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      check();
      return file.read(into, position);
    }

    @Override
    public void force() throws IOException {
      check();
      file.force();
    }

    @Override
    public long size() throws IOException {
      check();
      return file.size();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
