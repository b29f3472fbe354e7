package dev.lastword.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import dev.lastword.testing.MariaDbServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same hook on MariaDB, whose clock is in another zone than ours, and which lets much pass. */
class MariaDbHookTest {
  private static final String TABLE =
      "create or replace table messages (id varchar(64) primary key, content varchar(100) check (content <> 'no'),"
          + " chat varchar(20) not null default '', usages json, at timestamp(3) null, local datetime(3), n bigint)"
          + " character set utf8mb4";
  private static final String VALUES =
      "messages (id, content, chat, usages, at, local, n) values (:stream, :text, :fact_chat, :usage, :ended, :ended, :events)";
  private static final String INSERT = "insert into " + VALUES + " on duplicate key update id = id";
  private static final String INSERT_IGNORE = "insert ignore into " + VALUES;
  private static final Duration LONG = Duration.ofSeconds(10);

  private static Optional<MariaDbServer> server = Optional.empty();

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private JdbcHook hook;

  private Connection own;

  @BeforeAll
  static void startServer(@TempDir Path folder) throws Exception {
    server = MariaDbServer.start(folder);
  }

  @AfterAll
  static void stopServer() {
    server.ifPresent(MariaDbServer::close);
  }

  @BeforeEach
  void start() throws SQLException {
    assumeTrue(server.isPresent(), MariaDbServer.MISSING);
    own = DriverManager.getConnection(server.get().url());
    run(TABLE);
  }

  @AfterEach
  void stop() throws SQLException {
    if (hook != null) {
      hook.close();
    }
    if (own != null) {
      own.close();
    }
  }

  private void open(String statement, Duration timeout) {
    open(server.orElseThrow().url(), statement, timeout);
  }

  private void open(String url, String statement, Duration timeout) {
    hook =
        new JdbcHook(new JdbcHook.Options(url, "", "", statement, 1, timeout, AnswerReceipt.NONE));
  }

  @Test
  void givenTheClauseThatTheGuidePrints_whenAnIdIsUsedAgain_thenItsRowIsTheNewAnswer()
      throws Exception {
    var guide = Files.readString(Path.of("../docs/guides/saving.md"));
    var clause = Pattern.compile("`(on duplicate key update content = .*?)`").matcher(guide);
    assertThat(clause.find()).isTrue();
    run(
        "create or replace table messages (id varchar(64) primary key, content text, created bigint)");
    open(
        "insert into messages (id, content, created) values (:stream, :text, :created_ms) "
            + clause.group(1),
        LONG);
    var old = Responses.saying(1, "the old one", "{}");
    var fresh = Responses.later(Responses.saying(1, "the new one", "{}"));

    for (var each : List.of(old, old, fresh, fresh, old)) {
      assertThat(Responses.isSaved(hook.save(each))).isTrue();
    }

    assertThat(text("select group_concat(content) from messages")).isEqualTo("the new one");
  }

  private String text(String query) throws SQLException {
    try (var statement = own.createStatement();
        var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private boolean isSaved(int number) throws Exception {
    return Responses.isSaved(hook.save(Responses.numbered(number)));
  }

  private SaveException save(int number) throws Exception {
    return Responses.failure(hook.save(Responses.numbered(number)));
  }

  private void run(String sql) throws SQLException {
    try (var statement = own.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String query) throws SQLException {
    try (var statement = own.createStatement();
        var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {INSERT, INSERT_IGNORE})
  void whenTheSameResponseIsSavedTwice_thenItsRowIsThereOnce_withEveryValue(String statement)
      throws Exception {
    open(statement, LONG);

    assertThat(isSaved(1)).isTrue();
    assertThat(isSaved(1)).isTrue();

    try (var query = own.createStatement();
        var row =
            query.executeQuery(
                "select m.*, unix_timestamp(at) * 1000 as at_ms, cast(local as char) as wall from messages m")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString("id")).isEqualTo("stream-of-hooks-000001");
      assertThat(row.getString("content")).isEqualTo(Responses.TEXT);
      assertThat(row.getString("chat")).isEqualTo("c-1");
      assertThat(row.getString("usages")).contains("7");
      assertThat(row.getLong("at_ms")).isEqualTo(1_764_000_001_250L);
      assertThat(row.getString("wall")).as("in UTC").isEqualTo("2025-11-24 16:00:01.250");
      assertThat(row.getLong("n")).isEqualTo(4);
      assertThat(row.next()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {INSERT, INSERT_IGNORE})
  void whenAValueDoesNotFit_orAConstraintIsBroken_thenItIsRejected(String statement)
      throws Exception {
    open(statement, LONG);

    run("alter table messages modify content varchar(5)");
    assertThat(save(1).kind()).as("too long").isEqualTo(Kind.REJECTED);
    run(TABLE.replace("<> 'no'", "not like 'It%'"));
    var broken = save(2);
    assertThat(broken.kind()).as("a check").isEqualTo(Kind.REJECTED);
    assertThat(broken.getMessage()).contains("23000").doesNotContain("naïve", "messages");
    run(TABLE);
    hook.close();
    open(statement.replace(":fact_chat", ":fact_none"), LONG);
    assertThat(save(3).kind()).as("no value").isEqualTo(Kind.REJECTED);

    hook.close();
    open(statement, LONG);
    assertThat(isSaved(4)).isTrue();
  }

  @Test
  void givenAServerThatCutsWhatIsTooLong_thenItIsRejected_andNotSavedInPart() throws Exception {
    run("alter table messages modify content varchar(5)");
    run("set global sql_mode = ''");
    try {
      open(INSERT, LONG);
      assertThat(save(1).kind()).isEqualTo(Kind.REJECTED);
      assertThat(number("select count(*) from messages")).isZero();
    } finally {
      run("set global sql_mode = default");
    }
  }

  @Test
  void whenTheRowIsLocked_orTheTableMissing_orTheConnectionCut_thenItIsCalledAgain()
      throws Exception {
    open(INSERT, Duration.ofSeconds(1));
    assertThat(isSaved(1)).isTrue();

    own.setAutoCommit(false);
    run("insert into messages (id) values ('stream-of-hooks-000002')");
    assertThat(save(2).kind()).as("another holds the row").isEqualTo(Kind.UNREACHABLE);
    own.rollback();
    own.setAutoCommit(true);
    assertThat(isSaved(2)).isTrue();

    run("rename table messages to elsewhere");
    var missing = save(3);
    assertThat(missing.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(missing.getMessage()).contains("42S02").doesNotContain("messages");
    run("rename table elsewhere to messages");

    run(
        "kill connection "
            + number("select id from information_schema.processlist where id <> connection_id()"));
    Awaitility.await().until(() -> isSaved(3));
    assertThat(number("select count(*) from messages")).isEqualTo(3);
  }

  @Test
  void givenAnUpdate_thenARowIsFoundThoughNothingOfItChanges_andNoneIsNotSaved() throws Exception {
    open("update messages set content = :text where id = :stream", LONG);
    assertThat(save(1).kind()).as("no row").isEqualTo(Kind.UNREACHABLE);

    run("insert into messages (id) values ('stream-of-hooks-000001')");
    assertThat(isSaved(1)).isTrue();
    assertThat(isSaved(1)).as("again, with the same values").isTrue();
  }

  @Test
  void givenAnAddressThatSaysItself_thenItIsAsItSays() throws Exception {
    open(
        server.orElseThrow().url("connectionTimeZone=+05:00"),
        "insert into messages (id, local) values (:stream, :ended) on duplicate key update id = id",
        LONG);

    assertThat(isSaved(1)).isTrue();
    assertThat(number("select hour(local) from messages")).isEqualTo(21);
  }
}
