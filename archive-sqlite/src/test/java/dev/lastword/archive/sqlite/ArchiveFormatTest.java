package dev.lastword.archive.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.testing.Deposits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The format as it is written down is the format as it is written. */
final class ArchiveFormatTest {
  @TempDir Path dir;

  @Test
  void givenTheDocumentedTables_whenCompared_thenTheyAreTheOnesInTheFile() throws Exception {
    SqliteArchive.open(dir.resolve("archive.db")).close();
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("archive.db"));
        var statement = connection.createStatement();
        var tables =
            statement.executeQuery(
                "SELECT group_concat(sql, char(10)) FROM sqlite_schema WHERE type = 'table'")) {
      assertThat(tables.next()).isTrue();
      assertThat(String.join("\n", blocks("schema"))).isEqualTo(tables.getString(1));
    }
  }

  @Test
  void givenTheDocumentedQueries_whenRun_thenTheyWork() throws Exception {
    try (var archive = SqliteArchive.open(dir.resolve("archive.db"))) {
      archive.store(Deposits.batch(1, Deposits.resting(1)));
    }
    var queries = blocks("example");
    assertThat(queries).hasSizeGreaterThan(5);
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("archive.db"));
        var statement = connection.createStatement()) {
      for (var query : queries) {
        for (var sql : query.split(";")) {
          statement.execute(sql);
        }
      }
    }
  }

  private static List<String> blocks(String kind) throws IOException {
    var page = Files.readString(Path.of("../docs/formats/archive.md"));
    return Pattern.compile("```sql " + kind + "\n(.*?)\n```", Pattern.DOTALL)
        .matcher(page)
        .results()
        .map(block -> block.group(1))
        .toList();
  }
}
