package dev.lastword.gateway;

import dev.lastword.gateway.StreamOrder.MalformedException;
import dev.lastword.stream.Attributes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How an application says that it writes a stream itself: in the fields of its requests, and in
 * what is written down with the stream.
 */
final class ProducerFields {
  /** Which process of the application asks: one at a time fills a stream. */
  static final String PRODUCER = "lastword-producer";

  /** The number of the first event in the body, from 1 on. */
  static final String SEQUENCE = "lastword-sequence";

  /** Names of producers and of applications. */
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  static final String NAME_FORM = "1 to 64 characters of A-Z a-z 0-9 _ . -";

  // What is written down with a stream.

  /** Who fills it. */
  static final String OF_PRODUCER = "producer";

  /** Which call has opened it, so that the same one is known when it comes again. */
  static final String OF_OPENING = "producer.opening";

  /** The application that saves it, whichever of its processes does. */
  static final String OF_APPLICATION = "producer.application";

  /** A {@link ProducerOrder.Saves}. */
  static final String OF_SAVES = "producer.saves";

  /** Before the names of the application's own attributes. */
  private static final String GIVEN = "given.";

  /** What an application is told again of what it ordered otherwise. */
  private static final Set<String> TOLD = Set.of("dialect", "conversation", "model", "input");

  private ProducerFields() {}

  static String producer(RequestHead head) throws MalformedException {
    var value = head.headers().get(PRODUCER, "");
    if (!NAME.matcher(value).matches() || head.headers().getAll(PRODUCER).size() > 1) {
      throw new MalformedException("Lastword-Producer", NAME_FORM);
    }
    return value;
  }

  static long sequence(RequestHead head) throws MalformedException {
    var value = head.headers().get(SEQUENCE, "");
    if (!value.matches("[1-9][0-9]{0,14}") || head.headers().getAll(SEQUENCE).size() > 1) {
      throw new MalformedException(
          "Lastword-Sequence", "the number of the body's first event, from 1 on");
    }
    return Long.parseLong(value);
  }

  /** The name under which an application's own attribute is written down. */
  static String given(String name) {
    return GIVEN + name;
  }

  /** The application's own attributes, by their own names. */
  static Map<String, String> givenOf(Map<String, String> attributes) {
    var given = new TreeMap<String, String>();
    attributes.forEach(
        (name, value) -> {
          if (name.startsWith(GIVEN)) {
            given.put(name.substring(GIVEN.length()), value);
          }
        });
    return given;
  }

  /** The same, and what the person had said. */
  static Map<String, String> ownOf(Map<String, String> attributes) {
    var own = givenOf(attributes);
    var input = attributes.get(Attributes.INPUT);
    if (input != null) {
      own.putIfAbsent(Attributes.INPUT, input);
    }
    return own;
  }

  /** What an application is told of a stream's attributes: what it has said itself. */
  static Map<String, String> told(Map<String, String> attributes) {
    var told = new TreeMap<String, String>();
    attributes.forEach(
        (name, value) -> {
          if (TOLD.contains(name)) {
            told.put(name, value);
          }
        });
    told.putAll(givenOf(attributes));
    return told;
  }
}
