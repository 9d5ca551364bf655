/** Pure: what a session tells its device: who said what, who came, who left. */
import { Broken } from "../../errors.ts";
/** The member at a leaf that is not blank. */
export function memberAt(tree, index) {
    const leaf = tree.leaf(index);
    if (leaf === null)
        throw new Broken("there is no member at this leaf");
    return { leaf: index, credential: leaf.credential, signatureKey: leaf.signatureKey };
}
