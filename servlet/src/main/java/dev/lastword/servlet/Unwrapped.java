package dev.lastword.servlet;

import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A response that wraps none, as far as a container can see, and is another one all the same. */
final class Unwrapped implements InvocationHandler {
  private final HttpServletResponse response;

  private Unwrapped(HttpServletResponse response) {
    this.response = response;
  }

  static HttpServletResponse of(HttpServletResponse response) {
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            HttpServletResponse.class.getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            new Unwrapped(response));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(response, arguments);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }
}
