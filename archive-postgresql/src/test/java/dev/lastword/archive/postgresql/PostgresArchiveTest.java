package dev.lastword.archive.postgresql;

import dev.lastword.archive.Archive;
import dev.lastword.testing.ArchiveContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;

/** What the archive in PostgreSQL promises, and beyond the contract. */
@Timeout(120)
final class PostgresArchiveTest extends ArchiveContract {
  @Override
  protected Archive open(Path dir) {
    return TestServer.open(TestServer.schema(dir));
  }
}
