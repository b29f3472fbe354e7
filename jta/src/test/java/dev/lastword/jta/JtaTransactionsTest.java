package dev.lastword.jta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.arjuna.ats.arjuna.common.CoreEnvironmentBeanException;
import com.arjuna.ats.arjuna.common.ObjectStoreEnvironmentBean;
import com.arjuna.ats.arjuna.common.arjPropertyManager;
import com.arjuna.ats.jdbc.TransactionalDriver;
import com.arjuna.common.internal.util.propertyservice.BeanPopulator;
import dev.lastword.journal.Outcome;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.Lastword;
import dev.lastword.library.Transactions;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SavedResponse;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.UserTransaction;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Narayana's transactions over two databases: both and the outcome commit or roll back together.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class JtaTransactionsTest {
  private static final Owner ANN = Owner.of("ann");

  @TempDir Path dir;
  private JdbcDataSource messages;
  private JdbcDataSource audit;

  /** By which of JTA's interfaces. */
  enum By {
    MANAGER,
    USER
  }

  @BeforeAll
  static void configure(@TempDir Path store) throws CoreEnvironmentBeanException {
    arjPropertyManager.getCoreEnvironmentBean().setNodeIdentifier("1");
    for (var name : List.of("default", "communicationStore", "stateStore")) {
      BeanPopulator.getNamedInstance(ObjectStoreEnvironmentBean.class, name)
          .setObjectStoreDir(store.toString());
    }
    BeanPopulator.getDefaultInstance(ObjectStoreEnvironmentBean.class)
        .setObjectStoreDir(store.toString());
  }

  @BeforeEach
  void make() throws SQLException {
    messages = database("messages");
    audit = database("audit");
  }

  private JdbcDataSource database(String name) throws SQLException {
    var source = new JdbcDataSource();
    source.setURL("jdbc:h2:" + dir.resolve(name));
    source.setUser("sa");
    source.setPassword("sa");
    try (var connection = source.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE " + name + " (body VARCHAR(1000))");
    }
    return source;
  }

  private static TransactionManager manager() {
    return com.arjuna.ats.jta.TransactionManager.transactionManager();
  }

  private static UserTransaction user() {
    return com.arjuna.ats.jta.UserTransaction.userTransaction();
  }

  private Transactions transactions(By by) throws SQLException {
    var source = enlisted(messages);
    return by == By.MANAGER
        ? JtaTransactions.on(source, manager())
        : JtaTransactions.on(source, user());
  }

  @ParameterizedTest
  @EnumSource
  void bothDatabasesAndTheOutcomeAreThereTogether(By by) throws Exception {
    var transactions = transactions(by);
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("hello");
      var view = answer.seal(transactions.saver(this::insertBoth));
      assertThat(view.outcome()).isEqualTo(Outcome.COMPLETED);
    }
    assertThat(texts(messages, "SELECT body FROM messages")).containsExactly("hello");
    assertThat(texts(audit, "SELECT body FROM audit")).containsExactly("hello");
    assertThat(texts(messages, "SELECT stream FROM lastword_outcome")).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void workThatFailsLeavesNothingInEitherAndIsDoneAgain(By by) throws Exception {
    var transactions = transactions(by);
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                insertBoth(connection, saved);
                if (calls.incrementAndGet() < 3) {
                  throw new IllegalStateException("not yet");
                }
              }));
    }
    assertThat(calls).hasValue(3);
    assertThat(texts(messages, "SELECT body FROM messages")).containsExactly("hello");
    assertThat(texts(audit, "SELECT body FROM audit")).containsExactly("hello");
  }

  /** The work returns, and the transaction is not to be committed: nothing is said to be saved. */
  @ParameterizedTest
  @EnumSource
  void workThatMarksItToBeRolledBackIsNotSaved(By by) throws Exception {
    var transactions = transactions(by);
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                insertBoth(connection, saved);
                if (calls.incrementAndGet() == 1) {
                  user().setRollbackOnly();
                }
              }));
    }
    assertThat(calls).hasValue(2);
    assertThat(texts(messages, "SELECT body FROM messages")).containsExactly("hello");
    assertThat(texts(audit, "SELECT body FROM audit")).containsExactly("hello");
  }

  /** The manager reports a failure when both have committed. */
  @Test
  void aCommitWhoseAnswerIsLostIsNotDoneAgain() throws Exception {
    var losses = new AtomicInteger(1);
    var transactions = JtaTransactions.on(enlisted(messages), losing(user(), losses));
    var calls = new AtomicInteger();
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("hello");
      answer.seal(
          transactions.saver(
              (connection, saved) -> {
                calls.incrementAndGet();
                insertBoth(connection, saved);
              }));
    }
    assertThat(losses.get()).isNotPositive();
    assertThat(calls).hasValue(1);
    assertThat(texts(audit, "SELECT body FROM audit")).containsExactly("hello");
  }

  private static UserTransaction losing(UserTransaction real, AtomicInteger losses) {
    return (UserTransaction)
        Proxy.newProxyInstance(
            UserTransaction.class.getClassLoader(),
            new Class<?>[] {UserTransaction.class},
            (proxy, method, arguments) -> {
              var result = method.invoke(real, arguments);
              if (method.getName().equals("commit") && losses.getAndDecrement() > 0) {
                throw new SecurityException("the answer is lost");
              }
              return result;
            });
  }

  /** A manager suspends it; the user's interface cannot, and says so before anything is written. */
  @ParameterizedTest
  @EnumSource
  void aThreadThatIsInATransactionKeepsIt(By by) throws Exception {
    var response = new AtomicReference<SavedResponse>();
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("hello");
      answer.seal(response::set);
    }
    var saver = transactions(by).saver(this::insertBoth);
    user().begin();
    try {
      if (by == By.MANAGER) {
        saver.save(response.get());
      } else {
        assertThatThrownBy(() -> saver.save(response.get()))
            .isInstanceOf(jakarta.transaction.NotSupportedException.class);
      }
      assertThat(user().getStatus()).isEqualTo(Status.STATUS_ACTIVE);
    } finally {
      user().rollback();
    }
    assertThat(texts(audit, "SELECT body FROM audit")).hasSize(by == By.MANAGER ? 1 : 0);
    assertThat(texts(messages, "SELECT body FROM messages")).hasSize(by == By.MANAGER ? 1 : 0);
  }

  @ParameterizedTest
  @EnumSource
  void aDataSourceThatTakesNoPartIsRefused(By by) throws Exception {
    var transactions =
        by == By.MANAGER
            ? JtaTransactions.on(messages, manager())
            : JtaTransactions.on(messages, user());
    var refusals = new ArrayList<String>();
    try (var lastword = Lastword.embedded(dir.resolve("data"))) {
      var answer = lastword.open("chat-1", ANN);
      answer.send("hello");
      var saver = transactions.saver(this::insertBoth);
      assertThatThrownBy(
              () ->
                  answer.seal(
                      saved -> {
                        try {
                          saver.save(saved);
                        } catch (SQLException e) {
                          refusals.add(e.getMessage());
                          throw new SaveException(SaveException.Kind.REJECTED, "no");
                        }
                      }))
          .isInstanceOf(AnswerEndedException.class);
    }
    assertThat(refusals).singleElement().asString().contains("takes no part");
    assertThat(texts(messages, "SELECT stream FROM lastword_outcome")).isEmpty();
    assertThat(texts(messages, "SELECT body FROM messages")).isEmpty();
    assertThat(manager().getStatus()).isEqualTo(Status.STATUS_NO_TRANSACTION);
  }

  private void insertBoth(Connection connection, SavedResponse saved) throws SQLException {
    insert(connection, "messages", saved);
    try (var other = enlisted(audit).getConnection()) {
      insert(other, "audit", saved);
    }
  }

  private static void insert(Connection connection, String table, SavedResponse saved)
      throws SQLException {
    try (var statement = connection.prepareStatement("INSERT INTO " + table + " VALUES (?)")) {
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

  /** The same database by connections that take part in JTA's transactions. */
  private static DataSource enlisted(JdbcDataSource source) {
    var properties = new Properties();
    properties.put(TransactionalDriver.XADataSource, source);
    properties.put(TransactionalDriver.userName, "sa");
    properties.put(TransactionalDriver.password, "sa");
    properties.put(TransactionalDriver.poolConnections, "false");
    return (DataSource)
        Proxy.newProxyInstance(
            DataSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) ->
                new TransactionalDriver()
                    .connect(TransactionalDriver.arjunaDriver + source.getURL(), properties));
  }
}
