/** Whether an answer was saved, as the application's own pages or data tell. */
@NullMarked
package dev.lastword.checker.verify;

import org.jspecify.annotations.NullMarked;
