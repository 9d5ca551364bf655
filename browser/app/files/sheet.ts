/** The sheet of files in chats, which comes with them. */

import text from "../css/files.later.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(text);
document.adoptedStyleSheets.push(sheet);
