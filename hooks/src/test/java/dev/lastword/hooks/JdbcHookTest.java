package dev.lastword.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(
    value = OS.LINUX,
    architectures = "amd64",
    disabledReason = "PostgreSQL is there for it alone")
class JdbcHookTest {
  private static final String TABLE =
      "create table messages (id text primary key, chat text, content text check (content <> 'no'), status text, usage jsonb, at timestamptz, n bigint, calls jsonb, receipt text)";
  private static final String STATEMENT =
      "insert into messages (id, chat, content, status, usage, at, n, calls, receipt)"
          + " values (:stream, :fact_chat, :text, :outcome, :usage::jsonb, :ended, :events, :tool_calls::jsonb, :receipt)"
          + " on conflict (id) do nothing";

  @TempDir Path folder;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private JdbcHook hook;

  @AfterEach
  void stop() {
    if (hook != null) {
      hook.close();
    }
  }

  private static EmbeddedPostgres postgres() throws Exception {
    return EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  private void open(String url, String statement, int connections, Duration timeout) {
    hook =
        new JdbcHook(
            new JdbcHook.Options(
                url,
                "",
                "",
                statement,
                connections,
                timeout,
                response -> "signed." + response.events()));
  }

  private boolean isSaved(int number) throws Exception {
    return Responses.isSaved(hook.save(Responses.numbered(number)));
  }

  private SaveException save(int number) throws Exception {
    return Responses.failure(hook.save(Responses.numbered(number)));
  }

  private static long number(Connection connection, String query) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void givenPostgres_whenTheSameResponseIsSavedTwice_thenItsRowIsThereOnce_withEveryValue()
      throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 2, Duration.ofSeconds(10));

      assertThat(isSaved(1)).isTrue();
      assertThat(isSaved(1)).isTrue();

      try (var statement = own.createStatement();
          var row = statement.executeQuery("select * from messages")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString("id")).isEqualTo("stream-of-hooks-000001");
        assertThat(row.getString("chat")).isEqualTo("c-1");
        assertThat(row.getString("content")).isEqualTo(Responses.TEXT);
        assertThat(row.getString("status")).isEqualTo("completed");
        assertThat(row.getString("usage")).contains("7");
        assertThat(row.getTimestamp("at").getTime()).isEqualTo(1_764_000_001_250L);
        assertThat(row.getLong("n")).isEqualTo(4);
        assertThat(row.getString("receipt")).isEqualTo("signed.4");
        assertThat(row.getString("calls"))
            .isEqualTo(
                "[{\"id\": \"call_1\", \"name\": \"look\", \"arguments\": \"{\\\"q\\\":\\\"☃\\\"}\"}]");
        assertThat(row.next()).isFalse();
      }
    }
  }

  /** A key's answer is deleted and the key used again: the row would be that of another answer. */
  @ParameterizedTest
  @ValueSource(strings = {"examples/chat-postgresql/lastword.yaml", "docs/guides/saving.md"})
  void givenAStatementThatWePrint_whenAnIdIsUsedAgain_thenItsRowIsTheNewAnswer_whateverComesLate(
      String file) throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(
          own,
          "create table messages (id text primary key, chat text, question text, answer text,"
              + " outcome text, asked timestamptz, content text, status text, created timestamptz)");
      open(postgres.getJdbcUrl("postgres", "postgres"), printed(file), 2, Duration.ofSeconds(10));

      assertThatTheNewAnswerStays(own, "select coalesce(answer, content) from messages");
    }
  }

  @Test
  void givenTheGuardThatWePrint_whenAnIdIsUsedAgain_thenItsRowIsTheNewAnswer_whateverComesLate()
      throws Exception {
    var guide = Files.readString(Path.of("../docs/guides/saving.md"));
    var guard = Pattern.compile("`(set content = case .*?)`").matcher(guide);
    assertThat(guard.find()).isTrue();
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, "create table messages (id text primary key, content text, created timestamptz)");
      run(own, "insert into messages (id) values ('stream-of-hooks-000001')");
      open(
          postgres.getJdbcUrl("postgres", "postgres"),
          "update messages " + guard.group(1) + " where id = :stream",
          2,
          Duration.ofSeconds(10));

      assertThatTheNewAnswerStays(own, "select content from messages");
    }
  }

  private void assertThatTheNewAnswerStays(Connection own, String query) throws Exception {
    var old = Responses.saying(1, "the old one", "{}");
    var fresh = Responses.later(Responses.saying(1, "the new one", "{}"));
    for (var each : List.of(old, old, fresh, fresh, old)) {
      assertThat(Responses.isSaved(hook.save(each))).isTrue();
    }
    try (var statement = own.createStatement();
        var row = statement.executeQuery(query)) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo("the new one");
      assertThat(row.next()).isFalse();
    }
  }

  /**
   * The first statement of a file: folded, and so over all lines that stand as far to the right.
   */
  private static String printed(String file) throws Exception {
    var text = Files.readString(Path.of("..").resolve(file));
    var found = Pattern.compile("statement: >\\n((?: {6}\\S.*\\n)+)").matcher(text);
    assertThat(found.find()).isTrue();
    return found.group(1);
  }

  @Test
  void givenPostgres_whenTheTableIsMissing_orAConstraintIsBroken_thenItSaysWhetherToCallAgain()
      throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 2, Duration.ofSeconds(10));
      var missing = save(1);
      assertThat(missing.kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(missing.getMessage()).contains("42P01").doesNotContain("messages");

      run(own, TABLE.replace("'no'", "'" + Responses.TEXT.replace("'", "''") + "'"));
      var broken = save(1);
      assertThat(broken.kind()).isEqualTo(Kind.REJECTED);
      assertThat(broken.getMessage()).contains("23514").doesNotContain("naïve");

      run(own, "alter table messages drop constraint messages_content_check");
      assertThat(isSaved(1)).as("the connection is of use again").isTrue();
    }
  }

  @Test
  void givenAnAnswerWithACharacterThatPostgresHasNot_thenItIsSaved_withAnotherInItsPlace()
      throws Exception {
    var text = "a\0b \\u0000 c";
    var json = "{\"t\":\"a\\u0000b \\\\u0000 \\\\\\u0000 \\ud83d c\"}";
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, "create table m (id text primary key, content text, final jsonb, whole jsonb)");
      open(
          postgres.getJdbcUrl("postgres", "postgres"),
          "insert into m values (:stream, :text, :final::jsonb, :response::jsonb) on conflict do nothing",
          1,
          Duration.ofSeconds(10));

      assertThat(Responses.isSaved(hook.save(Responses.saying(1, text, json)))).isTrue();

      try (var statement = own.createStatement();
          var row =
              statement.executeQuery(
                  "select content, final->>'t', whole->>'text', whole->'final'->>'t' from m")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString(1)).isEqualTo("a\ufffdb \\u0000 c");
        assertThat(row.getString(2)).isEqualTo("a\ufffdb \\u0000 \\\ufffd \ufffd c");
        assertThat(row.getString(3)).isEqualTo("a\ufffdb \\u0000 c");
        assertThat(row.getString(4)).isEqualTo("a\ufffdb \\u0000 \\\ufffd \ufffd c");
      }
    }
  }

  @Test
  void givenPostgres_whenItsConnectionsAreCutAndARowIsLocked_thenItIsCalledAgain_andThenSaved()
      throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 1, Duration.ofSeconds(1));
      assertThat(isSaved(1)).isTrue();

      own.setAutoCommit(false);
      run(own, "insert into messages (id) values ('stream-of-hooks-000002')");
      assertThat(save(2).kind()).as("another holds the row").isEqualTo(Kind.UNREACHABLE);
      own.rollback();
      assertThat(isSaved(2)).isTrue();

      own.setAutoCommit(true);
      run(
          own,
          "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'");
      Awaitility.await().until(() -> isSaved(3));
      assertThat(number(own, "select count(*) from messages")).isEqualTo(3);
    }
  }

  @Test
  void givenAStandbyThatIsAway_whenItsWaitIsCancelled_thenNothingIsSaved_untilItIsBack()
      throws Exception {
    try (var postgres =
            EmbeddedPostgres.builder().setServerConfig("synchronous_commit", "on").start();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 2, Duration.ofSeconds(1));
      assertThat(isSaved(1)).isTrue();

      run(own, "set synchronous_commit = local"); // those who look need not wait
      standby(own, "nobody");
      for (int i = 0; i < 3; i++) {
        assertThat(save(2).kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(number(own, "select count(*) from messages where id like '%2'"))
            .as("the row is there, and on no standby")
            .isEqualTo(1);
      }
      hook.close();
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 2, Duration.ofSeconds(1));
      assertThat(save(2).kind()).as("of another process").isEqualTo(Kind.UNREACHABLE);

      standby(own, "");
      assertThat(isSaved(2)).isTrue();
      assertThat(isSaved(3)).isTrue();
    }
  }

  @Test
  void givenAStandbyThatIsAway_whenTheServerEndsTheWait_thenNothingIsSaved_untilItIsBack()
      throws Exception {
    try (var postgres =
            EmbeddedPostgres.builder().setServerConfig("synchronous_commit", "on").start();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 2, Duration.ofSeconds(3));
      assertThat(isSaved(1)).isTrue();

      run(own, "set synchronous_commit = local"); // those who look need not wait
      standby(own, "nobody");
      var waiting = hook.save(Responses.numbered(2));
      Awaitility.await()
          .until(
              () ->
                  number(
                          own,
                          "select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'")
                      > 0);
      assertThat(Responses.failure(waiting).kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(number(own, "select count(*) from messages where id like '%2'"))
          .as("the row is there, and on no standby")
          .isEqualTo(1);

      assertThat(save(2).kind()).isEqualTo(Kind.UNREACHABLE);
      standby(own, "");
      assertThat(isSaved(2)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " returning id"})
  void givenAnUpdate_whenItFindsNoRow_thenNothingIsSaved_untilTheRowIsThere(String returning)
      throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      open(
          postgres.getJdbcUrl("postgres", "postgres"),
          "update messages set content = :text where id = :stream" + returning,
          1,
          Duration.ofSeconds(5));
      assertThat(save(1).kind()).isEqualTo(Kind.UNREACHABLE);

      run(own, "insert into messages (id) values ('stream-of-hooks-000001')");
      assertThat(isSaved(1)).isTrue();
      assertThat(isSaved(1)).as("again").isTrue();
    }
  }

  private static void standby(Connection own, String names) throws Exception {
    run(own, "alter system set synchronous_standby_names = '" + names + "'");
    run(own, "select pg_reload_conf()");
    Awaitility.await()
        .until(
            () ->
                number(
                        own,
                        "select count(*) from pg_settings where name = 'synchronous_standby_names' and setting = '"
                            + names
                            + "'")
                    == 1);
  }

  @Test
  void givenATriggerThatWarns_orAUserWithFewRights_thenItIsSaved() throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      run(
          own,
          "create function warn() returns trigger language plpgsql as $$ begin raise warning 'odd'; raise notice 'told'; return new; end $$");
      run(
          own,
          "create trigger warns before insert on messages for each row execute function warn()");
      run(own, "create user few password 'few'");
      run(own, "grant select, insert on messages to few");
      open(postgres.getJdbcUrl("few", "postgres"), STATEMENT, 1, Duration.ofSeconds(5));
      assertThat(isSaved(1)).isTrue();
      assertThat(isSaved(2)).isTrue();

      run(
          own,
          "do $$ declare f regprocedure; begin for f in select oid::regprocedure from pg_proc where proname = 'pg_logical_emit_message'"
              + " loop execute 'revoke execute on function ' || f || ' from public'; end loop; end $$");
      assertThat(isSaved(3)).isTrue();
      assertThat(number(own, "select count(*) from messages")).isEqualTo(3);
    }
  }

  @Test
  void givenAThousandAtOnce_thenAllAreSaved() throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 4, Duration.ofSeconds(20));

      var calls =
          IntStream.range(0, 1_000).mapToObj(i -> hook.save(Responses.numbered(i))).toList();

      for (var call : calls) {
        assertThat(Responses.isSaved(call)).isTrue();
      }
      assertThat(number(own, "select count(*) from messages")).isEqualTo(1_000);
    }
  }

  /** As after a fail-over behind one name, or while a disk was full. */
  @Test
  void givenAServerThatWasReadOnlyForAWhile_thenConnectionsOfThatTimeAreLeft() throws Exception {
    try (var postgres = postgres();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      run(own, "alter database postgres set default_transaction_read_only = on");
      open(postgres.getJdbcUrl("postgres", "postgres"), STATEMENT, 1, Duration.ofSeconds(10));
      var refused = save(1);
      assertThat(refused.kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(refused.getMessage()).contains("25006");

      run(own, "alter database postgres reset default_transaction_read_only");

      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> isSaved(1));
      assertThat(number(own, "select count(*) from messages")).isEqualTo(1);
    }
  }

  @Test
  void givenADatabaseThatIsDown_whenTheHookIsMade_thenItIsCalledAgain_untilItIsUp()
      throws Exception {
    int port;
    try (var postgres = postgres()) {
      port = postgres.getPort();
    }
    open(
        "jdbc:postgresql://localhost:" + port + "/postgres?user=postgres",
        STATEMENT,
        1,
        Duration.ofSeconds(2));
    assertThat(save(1).kind()).isEqualTo(Kind.UNREACHABLE);

    try (var postgres = EmbeddedPostgres.builder().setPort(port).start();
        var own = postgres.getPostgresDatabase().getConnection()) {
      run(own, TABLE);
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> isSaved(1));
    }
  }

  @Test
  void givenSqlite_thenItIsSaved_andWhileAnotherWritesItIsCalledAgain() throws Exception {
    var url = "jdbc:sqlite:" + folder.resolve("app.db") + "?busy_timeout=200";
    try (var own = DriverManager.getConnection(url)) {
      run(own, "create table m (id text primary key, content text)");
      open(url, "insert or ignore into m values (:stream, :text)", 1, Duration.ofSeconds(5));
      assertThat(isSaved(1)).isTrue();
      assertThat(isSaved(1)).isTrue();

      run(own, "begin immediate");
      assertThat(save(2).kind()).isEqualTo(Kind.UNREACHABLE);
      run(own, "rollback");

      assertThat(isSaved(2)).isTrue();
      assertThat(number(own, "select count(*) from m")).isEqualTo(2);

      hook.close();
      open(
          url,
          "insert into m values ('x' || :events, :fact_none) on conflict do nothing",
          1,
          Duration.ofSeconds(5));
      run(
          own,
          "create trigger t before insert on m begin select raise(abort, 'no') where new.content is null; end");
      assertThat(save(3).kind()).as("a constraint").isEqualTo(Kind.REJECTED);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:sqlite:x|insert into m values (:stream)|on conflict",
        "jdbc:sqlite:x|update m set a = ? where id = :stream|'?' at 17",
        "jdbc:sqlite:x|update m set a = :txet|':txet'; there are :stream",
        "jdbc:nothing://u:hidden@x|update m set a = :text|the url"
      })
  void givenOptionsThatAreWrong_thenItSaysSo(String row) {
    var parts = row.split("\\|");
    assertThatThrownBy(() -> open(parts[0], parts[1], 1, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(parts[2])
        .hasMessageNotContaining("hidden");
  }
}
