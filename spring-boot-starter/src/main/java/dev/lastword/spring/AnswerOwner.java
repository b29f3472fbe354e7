package dev.lastword.spring;

import dev.lastword.stream.Owner;
import java.security.Principal;
import org.jspecify.annotations.Nullable;

/**
 * In whose name a request opens and reads answers. The default goes by the name that the
 * application's own security gives the request; a bean of this type says otherwise.
 */
@FunctionalInterface
public interface AnswerOwner {
  /**
   * By the name; nobody in particular where there is none, or where Spring Security says that
   * nobody has logged in: the name that it has for that is everybody's.
   */
  AnswerOwner BY_NAME =
      principal ->
          principal == null || principal.getName().isEmpty() || isNobody(principal)
              ? Owner.ANONYMOUS
              : Owner.of(principal.getName());

  private static boolean isNobody(Principal principal) {
    return principal
        .getClass()
        .getName()
        .equals("org.springframework.security.authentication.AnonymousAuthenticationToken");
  }

  /**
   * Whom the answers belong to that this principal asks for.
   *
   * @param principal the request's, such as Spring Security's {@code Authentication}; null where
   *     nobody has logged in
   */
  Owner of(@Nullable Principal principal);
}
