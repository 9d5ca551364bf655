/** The sheet of pictures, which the first view does not wait for. */

import text from "../css/pictures.later.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(text);
document.adoptedStyleSheets.push(sheet);
