package dev.lastword.checker.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * A method that returns {@link LastwordChecks}: each of them becomes a test, with the tag {@code
 * lastword}, by which a build can leave them out.
 *
 * <pre>{@code
 * @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
 * class ChatTest {
 *   @LocalServerPort int port;
 *
 *   @LastwordCheck
 *   Iterable<DynamicTest> answersSurvive() {
 *     return LastwordChecks.of("http://localhost:" + port + "/chat")
 *         .data("{\"message\":\"about {{run}}\"}")
 *         .verify("http://localhost:" + port + "/messages/{{header:x-message-id}}");
 *   }
 * }
 * }</pre>
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@TestFactory
@Tag("lastword")
public @interface LastwordCheck {}
