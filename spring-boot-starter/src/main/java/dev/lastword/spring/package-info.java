/**
 * The promise inside a Spring Boot application, by one dependency: whatever it streams as {@code
 * text/event-stream} is generated apart from its connection, and its ending is said once the
 * application's own chain has come to its end and the journal has it.
 */
@NullMarked
package dev.lastword.spring;

import org.jspecify.annotations.NullMarked;
