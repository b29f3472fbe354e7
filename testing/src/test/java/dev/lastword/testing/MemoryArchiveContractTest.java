package dev.lastword.testing;

import dev.lastword.archive.Archive;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

class MemoryArchiveContractTest extends ArchiveContract {
  private static final int RUN_EVENTS = 100;

  private final Map<Path, Archive> archives = new HashMap<>();

  @Override
  protected Archive open(Path dir) {
    return archives.computeIfAbsent(dir, any -> new MemoryArchive(RUN_EVENTS));
  }

  @Override
  protected int readsMax(int events) {
    return events / RUN_EVENTS;
  }
}
