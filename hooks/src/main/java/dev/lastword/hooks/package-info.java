/**
 * Save hooks that a configuration names: a webhook, a statement of a database, a program. What each
 * is told is in {@code docs/formats/save-hooks.md}.
 */
@NullMarked
package dev.lastword.hooks;

import org.jspecify.annotations.NullMarked;
