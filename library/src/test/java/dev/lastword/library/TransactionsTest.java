package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import dev.lastword.testing.MariaDbServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mariadb.jdbc.MariaDbDataSource;
import org.sqlite.SQLiteDataSource;

/** The application's rows and the outcome, in one transaction, on each database. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class TransactionsTest {
  private static EmbeddedPostgres postgres;
  private static Optional<MariaDbServer> mariaDb = Optional.empty();

  @TempDir Path dir;

  enum Database {
    POSTGRESQL,
    SQLITE,
    MARIADB,
    H2
  }

  @BeforeAll
  static void start(@TempDir Path servers) throws Exception {
    mariaDb = MariaDbServer.start(servers);
    postgres =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "off")
            .setServerConfig("synchronous_commit", "on")
            .start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
    mariaDb.ifPresent(MariaDbServer::close);
  }

  private DataSource open(Database database) throws SQLException {
    var source =
        switch (database) {
          case POSTGRESQL -> postgres.getPostgresDatabase();
          case SQLITE -> sqlite();
          case MARIADB -> mariaDb("");
          case H2 -> h2();
        };
    try (var connection = source.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS lastword_outcome");
      statement.execute("DROP TABLE IF EXISTS messages");
      statement.execute("CREATE TABLE messages (body VARCHAR(1000))");
    }
    return source;
  }

  private static DataSource mariaDb(String parameters) throws SQLException {
    assumeTrue(mariaDb.isPresent(), MariaDbServer.MISSING);
    return new MariaDbDataSource(mariaDb.get().url(parameters));
  }

  private DataSource h2() {
    var source = new JdbcDataSource();
    source.setURL("jdbc:h2:" + dir.resolve("app"));
    return source;
  }

  private DataSource sqlite() {
    var source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + dir.resolve("app.db"));
    return source;
  }

  private Path data() {
    return dir.resolve("data");
  }

  @ParameterizedTest
  @EnumSource
  void theRowAndTheOutcomeAreThereTogether(Database database) throws Exception {
    var source = open(database);
    var transactions = Transactions.on(source);
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.seal(transactions.saver(TransactionsTest::insert));

      assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
      assertThat(texts(source, "SELECT stream FROM lastword_outcome WHERE outcome = 'completed'"))
          .containsExactly(answer.id().value());
    }
    Transactions.on(source); // the table is there
  }

  @Test
  void anAnswerIsSavedWhereAnEmptyTextIsNone() throws Exception {
    var source = new JdbcDataSource();
    source.setURL("jdbc:h2:" + dir.resolve("app") + ";MODE=Oracle");
    try (var connection = source.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE messages (body VARCHAR(1000))");
    }
    var transactions = Transactions.on(source);
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.sealAsync(transactions.saver(TransactionsTest::insert));
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> lastword.find(answer.id(), Rig.ANN).orElseThrow().outcome() != null);

      assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
      assertThat(texts(source, "SELECT stream FROM lastword_outcome WHERE outcome = 'completed'"))
          .containsExactly(answer.id().value());
    }
  }

  @Test
  void anAnswerIsNotSavedWhileTheStandbyThatItsCommitWaitsForIsAway() throws Exception {
    var source = open(Database.POSTGRESQL);
    var transactions = Transactions.on(source);
    try (var lastword = Lastword.embedded(data());
        var own = source.getConnection();
        var watching = own.createStatement()) {
      watching.execute("SET synchronous_commit = local");
      standby(watching, "nobody");
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      var sealed =
          CompletableFuture.runAsync(
              () -> answer.seal(transactions.saver(TransactionsTest::insert)));
      try {
        for (int cancelled = 0; cancelled < 3; ) {
          try (var rows =
              watching.executeQuery(
                  "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")) {
            rows.next();
            cancelled += rows.getInt(1);
          }
          assertThat(sealed).as("the row is there, and on no standby").isNotDone();
          Thread.sleep(20);
        }
        assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
      } finally {
        standby(watching, "");
      }
      sealed.get(1, TimeUnit.MINUTES);
      assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
    }
  }

  private static void standby(Statement statement, String names) throws SQLException {
    statement.execute("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    statement.execute("SELECT pg_reload_conf()");
    await()
        .until(
            () -> {
              try (var rows = statement.executeQuery("SHOW synchronous_standby_names")) {
                return rows.next() && rows.getString(1).equals(names);
              }
            });
  }

  @ParameterizedTest
  @EnumSource
  void workThatFailsLeavesNothingAndIsDoneAgain(Database database) throws Exception {
    var source = open(database);
    var transactions = Transactions.on(source);
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                insert(connection, saved);
                if (calls.incrementAndGet() < 3) {
                  throw new IllegalStateException("not yet");
                }
              }));
      assertThat(calls).hasValue(3);
      assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");

      var rejected = lastword.open("chat-1", Rig.ANN);
      rejected.send("too much");
      assertThatThrownBy(
              () ->
                  rejected.seal(
                      transactions.saver(
                          (connection, saved) -> {
                            insert(connection, saved);
                            throw new SaveException(SaveException.Kind.REJECTED, "no");
                          })))
          .isInstanceOf(AnswerEndedException.class);
      assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
      assertThat(texts(source, "SELECT stream FROM lastword_outcome")).hasSize(1);
    }
  }

  /** The connection breaks when the database has committed and nobody has heard of it. */
  @ParameterizedTest
  @EnumSource
  void aCommitWhoseAnswerIsLostIsNotDoneAgain(Database database) throws Exception {
    var source = open(database);
    var losses = new AtomicInteger(1);
    var transactions = Transactions.on(losing(source, losses));
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      var view =
          answer.seal(
              transactions.saver(
                  (connection, saved) -> {
                    calls.incrementAndGet();
                    insert(connection, saved);
                  }));
      assertThat(view.outcome()).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(losses.get()).isNotPositive();
    assertThat(calls).hasValue(1);
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
  }

  /** So says PostgreSQL that it has not waited for its standby. */
  @Test
  void aCommitThatIsSaidWithAWarningIsNone() throws Exception {
    var source = open(Database.POSTGRESQL);
    var warnings = new AtomicInteger(3);
    var transactions = Transactions.on(warning(source, warnings));
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                calls.incrementAndGet();
                insert(connection, saved);
              }));
    }
    assertThat(warnings.get()).as("warned, and asked again").isNegative();
    assertThat(calls).hasValue(1);
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
  }

  @Test
  void whatWasCommittedWhenTheProcessWentIsSaidAndNotWrittenAgain() throws Exception {
    var source = open(Database.POSTGRESQL);
    var transactions = Transactions.on(source);
    var id = closedAfter(transactions.saver(TransactionsTest::insert)).getFirst();

    try (var again = Lastword.at(data()).saver(transactions.committed()).open()) {
      assertThat(ended(again, id)).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
  }

  @Test
  void whatWasNotCommittedWhenTheProcessWentIsNotSaid() throws Exception {
    var source = open(Database.SQLITE);
    var transactions = Transactions.on(source);
    var id = closedAfter(saved -> {}).getFirst();

    try (var again = Lastword.at(data()).saver(transactions.committed()).open()) {
      assertThat(ended(again, id)).isEqualTo(Outcome.FAILED);
      assertThat(again.response(id, Rig.ANN).orElseThrow()).contains("hello");
    }
    assertThat(texts(source, "SELECT body FROM messages")).isEmpty();
  }

  /** Its process is dead, and the database still waits, as for a standby: nobody sees the row. */
  @ParameterizedTest
  @EnumSource
  void whatIsStillBeingCommittedIsNeitherSavedNorRejected(Database database) throws Exception {
    var source = open(database);
    var committed = Transactions.on(source).committed();
    var answers = List.of(sealedResponse("one"), sealedResponse("another"));
    for (var answer : answers) {
      boolean commits = answer.text().equals("one");
      try (var dead = source.getConnection()) {
        dead.setAutoCommit(false);
        OutcomeTable.insert(dead, answer);

        assertThatThrownBy(() -> committed.save(answer))
            .isInstanceOf(SQLException.class)
            .isNotInstanceOf(SaveException.class);

        if (commits) {
          dead.commit();
        } else {
          dead.rollback();
        }
      }
      if (commits) {
        committed.save(answer);
      } else {
        assertThatThrownBy(() -> committed.save(answer))
            .isInstanceOfSatisfying(
                SaveException.class,
                e -> assertThat(e.kind()).isEqualTo(SaveException.Kind.REJECTED));
      }
    }
    assertThat(texts(source, "SELECT stream FROM lastword_outcome"))
        .as("what was asked has left nothing")
        .containsExactly(answers.getFirst().stream().value());
  }

  @Test
  void whatIsCommittedWhileItIsAskedForIsSaved() throws Exception {
    var source = open(Database.POSTGRESQL);
    var committed = Transactions.on(source).committed();
    var answer = sealedResponse("one");
    try (var dead = source.getConnection()) {
      dead.setAutoCommit(false);
      OutcomeTable.insert(dead, answer);
      var asked =
          CompletableFuture.runAsync(
              () -> {
                try {
                  committed.save(answer);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      await()
          .atMost(Rig.PATIENCE)
          .until(
              () ->
                  asked.isDone()
                      || !texts(
                              source,
                              "SELECT pid FROM pg_stat_activity WHERE wait_event = 'transactionid'")
                          .isEmpty());
      dead.commit();
      asked.get(1, TimeUnit.MINUTES);
    }
  }

  private SavedResponse sealedResponse(String text) {
    var response = new AtomicReference<SavedResponse>();
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send(text);
      answer.seal(response::set);
    }
    return response.get();
  }

  /** A saver that knows its work does it after the restart, once. */
  @Test
  void whatIsRegisteredWithItsWorkFinishesWhatAnotherProcessBegan() throws Exception {
    var source = open(Database.POSTGRESQL);
    var saver = Transactions.on(source).saver(TransactionsTest::insert);
    var ids = closedAfter(saver, saved -> {});
    var committed = ids.get(0);
    var begun = ids.get(1);

    try (var again = Lastword.at(data()).saver(saver).open()) {
      assertThat(ended(again, committed)).isEqualTo(Outcome.COMPLETED);
      assertThat(ended(again, begun)).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello", "hello");
    assertThat(texts(source, "SELECT stream FROM lastword_outcome"))
        .containsExactlyInAnyOrder(committed.value(), begun.value());
  }

  /** The id lives again: its first life's row is not taken for the second's. */
  @ParameterizedTest
  @EnumSource
  void anIdThatLivesAgainIsSavedAgain(Database database) throws Exception {
    var source = open(database);
    var transactions = Transactions.on(source);
    var request = AnswerRequest.of(Rig.ANN).id(new StreamId("an-answer-of-mine-1"));
    try (var lastword = Lastword.embedded(data())) {
      for (var text : List.of("first", "second")) {
        lastword.answer(
            request, sender -> sender.send(text), transactions.saver(TransactionsTest::insert));
        lastword.delete(request.id().orElseThrow(), Rig.ANN);
      }
    }
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("first", "second");
  }

  /** Where the driver counts what has changed, the row that is there is found all the same. */
  @Test
  void aDriverThatCountsChangesOnlyFindsWhatWasCommitted() throws Exception {
    open(Database.MARIADB);
    var source = mariaDb("useAffectedRows=true");
    var losses = new AtomicInteger(1);
    var transactions = Transactions.on(losing(source, losses));
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                calls.incrementAndGet();
                insert(connection, saved);
              }));
    }
    assertThat(calls).hasValue(1);
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
  }

  @Test
  void idsThatDifferInTheirCaseAreTwoRows() throws Exception {
    var source = open(Database.MARIADB);
    Transactions.on(source);
    try (var connection = source.getConnection();
        var statement = connection.createStatement()) {
      for (var id : List.of("an-answer-of-mine", "AN-ANSWER-OF-MINE")) {
        statement.execute(
            "INSERT INTO lastword_outcome VALUES ('" + id + "', 1, 'completed', '', 1, '', 1)");
      }
    }
    assertThat(texts(source, "SELECT stream FROM lastword_outcome")).hasSize(2);
  }

  @Test
  void aTableThatRollsNothingBackIsRefused() throws Exception {
    var source = open(Database.MARIADB);
    Transactions.on(source);
    try (var connection = source.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("ALTER TABLE lastword_outcome ENGINE=MyISAM");
    }
    assertThatThrownBy(() -> Transactions.on(source))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("MyISAM");
  }

  @Test
  void connectionsThatAreReadOnlyAreRefused() throws Exception {
    var source = open(Database.POSTGRESQL);
    try (var pool = pool(source, 1)) {
      pool.setReadOnly(true);
      assertThatThrownBy(() -> Transactions.on(pool)).hasMessageContaining("read-only");
    }
  }

  /** It would leave the outcome without the rows, or neither; it is said to who does it. */
  @ParameterizedTest
  @EnumSource
  void workThatEndsItsTransactionIsRefusedAndLeavesNothing(Database database) throws Exception {
    var source = open(database);
    var transactions = Transactions.on(source);
    for (var ending :
        List.<Ending>of(
            Connection::commit,
            Connection::rollback,
            Connection::close,
            connection -> connection.setAutoCommit(true),
            connection -> connection.abort(Runnable::run))) {
      try (var lastword = Lastword.embedded(data())) {
        var answer = lastword.open("chat-1", Rig.ANN);
        answer.send("hello");
        assertThatThrownBy(
                () ->
                    answer.seal(
                        transactions.saver(
                            (connection, saved) -> {
                              insert(connection, saved);
                              try {
                                ending.of(connection);
                              } catch (SQLException e) {
                                throw new SaveException(
                                    SaveException.Kind.REJECTED, String.valueOf(e.getMessage()));
                              }
                            })))
            .isInstanceOf(AnswerEndedException.class)
            .cause()
            .hasMessageContaining("its transaction ends when the work returns or throws");
      }
    }
    assertThat(texts(source, "SELECT body FROM messages")).isEmpty();
    assertThat(texts(source, "SELECT stream FROM lastword_outcome")).isEmpty();
  }

  private interface Ending {
    void of(Connection connection) throws SQLException;
  }

  /** What is nested is a savepoint: what it takes back leaves the rest. */
  @ParameterizedTest
  @EnumSource
  void whatASavepointTakesBackLeavesTheRest(Database database) throws Exception {
    var source = open(database);
    var transactions = Transactions.on(source);
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                insert(connection, saved);
                var savepoint = connection.setSavepoint();
                insert(connection, saved);
                connection.rollback(savepoint);
              }));
    }
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
    assertThat(texts(source, "SELECT stream FROM lastword_outcome")).hasSize(1);
  }

  /** Of the application's own connection what it was, also where the work has failed. */
  @ParameterizedTest
  @EnumSource
  void autoCommitIsWhatItWas(Database database) throws Exception {
    var source = open(database);
    try (var connection = source.getConnection()) {
      var transactions = Transactions.on(alwaysThe(connection));
      for (boolean autoCommit : List.of(true, false)) {
        connection.setAutoCommit(autoCommit);
        var calls = new AtomicInteger();
        try (var lastword = Lastword.embedded(data())) {
          var answer = lastword.open("chat-1", Rig.ANN);
          answer.send("hello");
          answer.seal(
              transactions.saver(
                  (its, saved) -> {
                    insert(its, saved);
                    assertThat(connection.getAutoCommit()).isFalse();
                    if (calls.incrementAndGet() == 1) {
                      throw new IllegalStateException("not yet");
                    }
                  }));
        }
        assertThat(connection.getAutoCommit()).isEqualTo(autoCommit);
      }
      connection.setAutoCommit(true);
    }
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello", "hello");
  }

  private static DataSource alwaysThe(Connection connection) {
    var open =
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) ->
                method.getName().equals("close") ? null : method.invoke(connection, arguments));
    return (DataSource)
        Proxy.newProxyInstance(
            DataSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> open);
  }

  /** The pool has no connection to give: the answer waits, and is saved once there is one. */
  @ParameterizedTest
  @EnumSource
  void aPoolThatIsExhaustedIsWaitedFor(Database database) throws Exception {
    try (var pool = pool(open(database), 1);
        var lastword = Lastword.embedded(data())) {
      var transactions = Transactions.on(pool);
      var refused = new CountDownLatch(1);
      var saver = transactions.saver(TransactionsTest::insert);
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      CompletableFuture<?> sealed;
      try (var only = pool.getConnection()) {
        sealed =
            answer
                .sealAsync(
                    saved -> {
                      try {
                        saver.save(saved);
                      } catch (SQLTransientConnectionException e) {
                        refused.countDown();
                        throw e;
                      }
                    })
                .toCompletableFuture();
        assertThat(refused.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(sealed).isNotDone();
        assertThat(only.isValid(1)).isTrue();
      }
      sealed.get(1, TimeUnit.MINUTES);
      assertThat(texts(pool, "SELECT body FROM messages")).containsExactly("hello");
    }
  }

  private static HikariDataSource pool(DataSource source, int most) {
    var pool = new HikariDataSource();
    pool.setDataSource(source);
    pool.setMaximumPoolSize(most);
    pool.setConnectionTimeout(500);
    return pool;
  }

  /** An insert that fails is the row's being there only if the row is there. */
  @ParameterizedTest
  @EnumSource
  void aTableThatIsGoneIsNoSave(Database database) throws Exception {
    var source = open(database);
    var saver = Transactions.on(source).saver(TransactionsTest::insert);
    try (var lastword = Lastword.embedded(data());
        var connection = source.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("DROP TABLE lastword_outcome");
      var failed = new CountDownLatch(2);
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      var sealed =
          answer
              .sealAsync(
                  saved -> {
                    try {
                      saver.save(saved);
                    } catch (SQLException e) {
                      failed.countDown();
                      throw e;
                    }
                  })
              .toCompletableFuture();
      assertThat(failed.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(sealed).isNotDone();
      assertThat(texts(source, "SELECT body FROM messages")).isEmpty();
      Transactions.on(source);
      sealed.get(1, TimeUnit.MINUTES);
      assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
    }
  }

  /** Two processes save one answer: the row of the first makes the second wait, and find it. */
  @ParameterizedTest
  @EnumSource
  void whatTwoSaveAtOnceIsDoneOnce(Database database) throws Exception {
    var source = open(database);
    var transactions = Transactions.on(source);
    var response = new AtomicReference<SavedResponse>();
    try (var lastword = Lastword.embedded(data())) {
      var answer = lastword.open("chat-1", Rig.ANN);
      answer.send("hello");
      answer.seal(response::set);
    }
    var calls = new AtomicInteger();
    var saver =
        transactions.saver(
            (connection, saved) -> {
              insert(connection, saved);
              calls.incrementAndGet();
              Thread.sleep(300);
            });
    var both = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 2; i++) {
      both.add(CompletableFuture.runAsync(() -> saveUntilSaved(saver, response.get())));
    }
    CompletableFuture.allOf(both.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
    assertThat(calls).hasValue(1);
    assertThat(texts(source, "SELECT body FROM messages")).containsExactly("hello");
  }

  /** As the engine does, which calls a saver again that has thrown. */
  private static void saveUntilSaved(Saver saver, SavedResponse response) {
    for (int i = 0; i < 100; i++) {
      try {
        saver.save(response);
        return;
      } catch (Exception e) { // SQLite says at once that the other one writes
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
    throw new IllegalStateException("not saved");
  }

  /** A process that goes when its savers have come back from the database, and no further. */
  private List<StreamId> closedAfter(Saver... savers) throws Exception {
    var saved = new CountDownLatch(savers.length);
    var ids = new ArrayList<StreamId>();
    try (var lastword = Lastword.embedded(data())) {
      for (var saver : savers) {
        var answer = lastword.open("chat-1", Rig.ANN);
        answer.send("hello");
        answer.sealAsync(
            response -> {
              saver.save(response);
              saved.countDown();
              new CountDownLatch(1).await();
            });
        ids.add(answer.id());
      }
      assertThat(saved.await(60, TimeUnit.SECONDS)).isTrue();
    }
    return ids;
  }

  private static Outcome ended(Lastword lastword, StreamId id) {
    await()
        .atMost(Rig.PATIENCE)
        .until(() -> lastword.find(id, Rig.ANN).orElseThrow().outcome() != null);
    return Objects.requireNonNull(lastword.find(id, Rig.ANN).orElseThrow().outcome());
  }

  private static void insert(Connection connection, SavedResponse saved) throws SQLException {
    try (var statement = connection.prepareStatement("INSERT INTO messages VALUES (?)")) {
      statement.setString(1, saved.text());
      statement.executeUpdate();
    }
  }

  private static List<String> texts(DataSource source, String query) throws SQLException {
    var texts = new ArrayList<String>();
    try (var connection = source.getConnection();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  /** A database whose first commits are done and then reported as failed. */
  private static DataSource losing(DataSource source, AtomicInteger losses) {
    return proxy(
        DataSource.class,
        source,
        (name, result) ->
            name.equals("getConnection")
                ? proxy(
                    Connection.class,
                    (Connection) result,
                    (call, value) -> {
                      if (call.equals("commit") && losses.getAndDecrement() > 0) {
                        throw new SQLException("the connection is reset");
                      }
                      return value;
                    })
                : result);
  }

  /** A database whose first commits come with a warning. */
  private static DataSource warning(DataSource source, AtomicInteger warnings) {
    return proxy(
        DataSource.class,
        source,
        (name, result) ->
            name.equals("getConnection")
                ? proxy(
                    Connection.class,
                    (Connection) result,
                    (call, value) ->
                        call.equals("getWarnings") && warnings.getAndDecrement() > 0
                            ? new SQLWarning("canceling wait for synchronous replication", "01000")
                            : value)
                : result);
  }

  private interface After {
    Object of(String call, Object result) throws Exception;
  }

  private static <T> T proxy(Class<T> type, T real, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return after.of(method.getName(), method.invoke(real, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
