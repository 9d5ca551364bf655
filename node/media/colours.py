"""Pure: the filters that bring a source's colours to BT.709, which every screen shows (VID-3.9)."""

from node.video.renditions import Colour, Plan

UNSAID = 2  # as ITU-T H.273 numbers all of them
# As the filter `scale` names them; any other is taken for BT.709.
MATRICES = {4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020"}
WIDE = {9, 11, 12}  # primaries that BT.709 does not hold: BT.2020 and P3
HDR = {16: "smpte2084", 18: "arib-std-b67"}  # transfer: PQ and HLG
STANDARD_LINES = 576  # of a picture that says nothing: as players do, up to here it is BT.601's
# A white of HDR has 203 cd/m² (ITU-R BT.2408); what is brighter is bent below the peak.
LINEAR = "zscale=t=linear:npl=203"
TAGS = "range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def filters(plan: Plan) -> list[str]:
    """The scaling of `plan`, its colours, and the tags that say what they are now."""
    scale = f"scale={plan.width}:{plan.height}:flags=bicubic"
    colour = plan.colour
    if colour.transfer in HDR:
        bent = [*_in_light(colour, HDR[colour.transfer]), "tonemap=mobius:desat=0"]
        steps = [scale, *bent, "zscale=t=bt709:m=bt709:r=limited"]
    elif colour.primaries in WIDE:
        steps = [scale, *_in_light(colour, "bt709"), "zscale=t=bt709:m=bt709:r=limited"]
    else:
        matrix = "" if colour.rgb else f":in_color_matrix={_matrix(colour)}"
        steps = [f"{scale}{matrix}:out_color_matrix=bt709:out_range=limited"]
    return [*steps, "format=yuv420p", f"setparams={TAGS}"]


def tags() -> list[str]:
    """The same as options of the encoder: an older ffmpeg reads only these."""
    names = ("-color_range", "-color_primaries", "-color_trc", "-colorspace")
    words = [word.partition("=")[2] for word in TAGS.split(":")]
    return [part for pair in zip(names, words, strict=True) for part in pair]


def _in_light(colour: Colour, transfer: str) -> list[str]:
    """From coded values to light in the primaries of BT.709; what is not said is BT.2020."""
    unsaid = [f"color_trc={transfer}"]
    if colour.primaries == UNSAID:
        unsaid.append("color_primaries=bt2020")
    if colour.matrix == UNSAID and not colour.rgb:
        unsaid.append("colorspace=bt2020nc")
    said = f"setparams={':'.join(unsaid)}"
    return [said, LINEAR, "format=gbrpf32le", "zscale=p=bt709"]


def _matrix(colour: Colour) -> str:
    """By which matrix the source was made of red, green and blue."""
    if colour.matrix == UNSAID:
        return "bt601" if colour.lines <= STANDARD_LINES else "bt709"
    return MATRICES.get(colour.matrix, "bt709")
