/** The sheet of messages, which the first view does not wait for. */

import text from "../css/messages.later.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(text);
document.adoptedStyleSheets.push(sheet);
