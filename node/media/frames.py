"""A child's script: what a finished rendition shows and is: poster, blurhash, codecs (VID-3).

`frames.py VIDEO POSTER SECOND` writes a JPEG and prints JSON. Never imported by a page that serves.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

import av
import blurhash
from PIL import Image

QUALITY = 85
HASHED_SIDE = 64  # a blurhash keeps a dozen waves: more pixels only cost time
COMPONENTS = (4, 3)


def picture(path: str, second: float) -> Image.Image:
    """The first picture at or after `second`, or the last one there is."""
    found = None
    with av.open(path, format="mov", options={"protocol_whitelist": "file"}) as file:
        video = file.streams.video[0]
        video.codec_context.thread_count = 1
        file.seek(int(second * av.time_base))
        for frame in file.decode(video):
            found = frame
            if frame.time is not None and frame.time >= second:
                break
    if found is None:
        raise ValueError("no picture")
    image: Image.Image = found.to_image()  # type: ignore[no-untyped-call]
    return image


def facts(path: str) -> dict[str, Any]:
    """How long it plays, and what players of HLS are told of its streams (RFC 6381)."""
    with av.open(path, format="mov", options={"protocol_whitelist": "file"}) as file:
        # The record of H.264 in MP4: version, then profile, constraints and level.
        record = file.streams.video[0].codec_context.extradata or b""
        sound = ["mp4a.40.2"] if file.streams.audio else []
        seconds = (file.duration or 0) / av.time_base
    return {"codecs": ",".join([f"avc1.{record[1:4].hex()}", *sound]), "seconds": seconds}


def main(arguments: list[str]) -> int:
    path, poster, second = arguments
    image = picture(path, float(second))
    made = io.BytesIO()
    image.save(made, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    Path(poster).write_bytes(made.getvalue())  # Pillow passes over what a full disk does not take
    width, height = image.size
    image.thumbnail((HASHED_SIDE, HASHED_SIDE))
    wide, high = COMPONENTS if width >= height else COMPONENTS[::-1]
    hashed = blurhash.encode(image, x_components=wide, y_components=high)
    seen = {"width": width, "height": height, "blurhash": hashed, **facts(path)}
    sys.stdout.write(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
