package dev.lastword.rest;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Predicate;
import org.glassfish.jersey.message.MessageBodyWorkers;

/**
 * Tells what a body, or a piece of one, has failed with. Jersey closes a response that it could not
 * write to its end as it closes any other, or lets the failure through to the container, which then
 * ends the response under its reader; of an input or output failure it does not.
 */
final class Workers {
  private Workers() {}

  static MessageBodyWorkers telling(MessageBodyWorkers workers, Predicate<Throwable> failed) {
    return (MessageBodyWorkers)
        Proxy.newProxyInstance(
            Workers.class.getClassLoader(),
            new Class<?>[] {MessageBodyWorkers.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(workers, arguments);
              } catch (InvocationTargetException e) {
                var cause = e.getCause();
                boolean begun = method.getName().equals("writeTo") && failed.test(cause);
                throw begun && cause instanceof RuntimeException
                    ? new IOException(cause.toString(), cause)
                    : cause;
              }
            });
  }
}
