use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use parlor_channel::{MediaInspector, MediaRefusal, SmallPicture};
use parlor_model::{Dimensions, FileName, MediaType};

use crate::{Limits, frames, sniff};

/// How good a thumbnail without transparency is, of 100. Decided: nobody sees a difference at this size.
const JPEG_QUALITY: u8 = 80;

/// Looks into files: see [`MediaInspector`].
#[derive(Clone, Debug, Default)]
pub struct Inspector {
    limits: Limits,
}

impl Inspector {
    /// One with these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// A decoder that has read the head of a picture and no pixel.
    fn open<'a>(
        &self,
        media_type: &MediaType,
        bytes: &'a [u8],
    ) -> Result<(impl ImageDecoder + 'a, Dimensions), MediaRefusal> {
        let format =
            format(media_type).ok_or_else(|| MediaRefusal::NotAllowed { media_type: media_type.clone() })?;
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        // The size is held against our own limits, so that a refusal can name them; these bound the memory.
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.limits.decode_bytes);
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(|_| MediaRefusal::Damaged)?;
        let (width, height) = decoder.dimensions();
        if width == 0 || height == 0 {
            return Err(MediaRefusal::Damaged);
        }
        let dimensions = Dimensions { width, height };
        self.limits.check(dimensions)?;
        let frames = match format {
            ImageFormat::Gif => frames::of_gif(bytes),
            ImageFormat::WebP => frames::of_webp(bytes),
            ImageFormat::Png => frames::of_png(bytes),
            _ => Some(1),
        };
        self.limits.check_frames(frames.ok_or(MediaRefusal::Damaged)?)?;
        Ok((decoder, dimensions))
    }
}

impl MediaInspector for Inspector {
    fn head_bytes(&self) -> usize {
        sniff::HEAD_BYTES
    }

    fn media_type(&self, name: &FileName, head: &[u8]) -> Result<MediaType, MediaRefusal> {
        sniff::media_type(name, &head[..head.len().min(sniff::HEAD_BYTES)])
    }

    fn dimensions(&self, media_type: &MediaType, bytes: &[u8]) -> Result<Dimensions, MediaRefusal> {
        let (mut decoder, dimensions) = self.open(media_type, bytes)?;
        Ok(turned(dimensions, decoder.orientation().ok()))
    }

    fn thumbnail(&self, media_type: &MediaType, bytes: &[u8]) -> Result<SmallPicture, MediaRefusal> {
        let (mut decoder, _) = self.open(media_type, bytes)?;
        let orientation = decoder.orientation().ok();
        // A decoder that is used by itself counts what it needs to work, and not the picture that it makes.
        self.limits.check_decoded(decoder.total_bytes())?;
        let whole = DynamicImage::from_decoder(decoder).map_err(|_| MediaRefusal::Damaged)?;
        let side = self.limits.thumbnail_side;
        // What is small already is not blown up, but made anew like everything else.
        let mut small =
            if whole.width().max(whole.height()) > side { whole.thumbnail(side, side) } else { whole };
        if let Some(orientation) = orientation {
            small.apply_orientation(orientation);
        }
        encode(&small)
    }
}

/// Writes a picture of eight bits a channel: transparent ones as PNG, the others as JPEG.
fn encode(picture: &DynamicImage) -> Result<SmallPicture, MediaRefusal> {
    let mut bytes = Vec::new();
    let (kind, written) = if picture.color().has_alpha() {
        let picture = DynamicImage::from(picture.to_rgba8());
        ("image/png", picture.write_with_encoder(PngEncoder::new(&mut bytes)))
    } else {
        let picture = DynamicImage::from(picture.to_rgb8());
        ("image/jpeg", picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)))
    };
    written.map_err(|_| MediaRefusal::Damaged)?;
    let media_type = MediaType::new(kind).map_err(|_| MediaRefusal::Damaged)?;
    let dimensions = Dimensions { width: picture.width(), height: picture.height() };
    Ok(SmallPicture { media_type, dimensions, bytes })
}

/// The size of a picture as it is shown: cameras write pictures as they were held and say how to turn them.
fn turned(size: Dimensions, orientation: Option<image::metadata::Orientation>) -> Dimensions {
    use image::metadata::Orientation;
    match orientation {
        Some(
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH,
        ) => Dimensions { width: size.height, height: size.width },
        Some(
            Orientation::NoTransforms
            | Orientation::Rotate180
            | Orientation::FlipHorizontal
            | Orientation::FlipVertical,
        )
        | None => size,
    }
}

fn format(media_type: &MediaType) -> Option<ImageFormat> {
    match media_type.as_str() {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}
