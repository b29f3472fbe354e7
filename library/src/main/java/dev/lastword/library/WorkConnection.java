package dev.lastword.library;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The connection that an application works with in the transaction that saves its answer. What
 * would end the transaction before its time is refused: the outcome would be there without the
 * rows, or be said without either.
 */
final class WorkConnection {
  private WorkConnection() {}

  static Connection of(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> call(connection, method, arguments));
  }

  private static @Nullable Object call(
      Connection connection, Method method, Object @Nullable [] arguments) throws Throwable {
    if (endsTransaction(method, arguments)) {
      throw new SQLException(
          "%s() in the work of a saver: its transaction ends when the work returns or throws"
              .formatted(method.getName()));
    }
    try {
      return method.invoke(connection, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  /** A rollback to a savepoint does not; neither does what says again what is so. */
  private static boolean endsTransaction(Method method, Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "commit", "close", "abort" -> true;
      case "rollback" -> arguments == null;
      case "setAutoCommit" -> arguments != null && Boolean.TRUE.equals(arguments[0]);
      default -> false;
    };
  }
}
