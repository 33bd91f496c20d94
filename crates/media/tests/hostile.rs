//! Files that were made to do harm (threat T12), made here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use parlor_channel::{MediaInspector, MediaRefusal};
use parlor_media::{Inspector, Limits};
use parlor_model::{Dimensions, FileName, MediaType, RejectReason};
use proptest::prelude::*;

fn kind(text: &str) -> MediaType {
    MediaType::new(text).unwrap()
}

fn sniff(name: &str, bytes: &[u8]) -> Result<String, RejectReason> {
    Inspector::default()
        .media_type(&FileName::clean(name), bytes)
        .map(|kind| kind.as_str().to_owned())
        .map_err(|refusal| refusal.reason())
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture in which no two rows or columns look alike.
fn picture(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        let of = |n: u32| u8::try_from(n % 256).unwrap();
        Rgb([of(x), of(y), of(x * y)])
    })
    .into()
}

/// A PNG of a few bytes that says it is as large as this.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let mut body = name.to_vec();
        body.extend(data);
        bytes.extend(&body);
        bytes.extend(crc(&body).to_be_bytes());
    };
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    chunk(b"IHDR", &header);
    chunk(b"IDAT", &[0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1]);
    bytes
}

/// The checksum of a part of a PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
            },
        )
    })
}

fn gif_of(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    {
        let mut encoder = GifEncoder::new(&mut bytes);
        for frame in 0..frames {
            let shade = u8::try_from(frame % 256).unwrap();
            encoder.encode_frame(Frame::new(RgbaImage::from_pixel(4, 4, Rgba([shade, 0, 0, 255])))).unwrap();
        }
    }
    bytes
}

#[test]
fn a_few_bytes_that_claim_a_huge_picture_are_refused_before_anything_is_decoded() {
    let bomb = png_claiming(60_000, 60_000);
    assert!(bomb.len() < 80, "{}", bomb.len());
    assert_eq!(sniff("bomb.png", &bomb), Ok("image/png".to_owned()));
    let inspector = Inspector::default();
    let refusal = inspector.dimensions(&kind("image/png"), &bomb).unwrap_err();
    let MediaRefusal::OverLimit { limit, actual } = &refusal else { panic!("{refusal}") };
    assert_eq!((limit.name.as_ref(), limit.value, *actual), ("picture_side", 16_384, 60_000));
    assert_eq!(inspector.thumbnail(&kind("image/png"), &bomb), Err(refusal.clone()));
    assert_eq!(refusal.reason(), RejectReason::TooManyPixels);
}

#[test]
fn many_pixels_are_refused_even_where_each_side_is_short_enough() {
    let inspector = Inspector::default();
    for (width, height, fits) in [(8_000, 5_000, true), (8_000, 5_001, false), (16_384, 2_000, true)] {
        let size = inspector.dimensions(&kind("image/png"), &png_claiming(width, height));
        assert_eq!(size.is_ok(), fits, "{width}x{height}: {size:?}");
    }
}

#[test]
fn a_picture_that_ends_too_early_has_no_thumbnail() {
    let inspector = Inspector::default();
    for (format, name) in
        [(ImageFormat::Png, "image/png"), (ImageFormat::Gif, "image/gif"), (ImageFormat::WebP, "image/webp")]
    {
        let whole = written(&picture(64, 48), format);
        assert!(inspector.thumbnail(&kind(name), &whole).is_ok(), "{name}");
        let refusal = inspector.thumbnail(&kind(name), &whole[..whole.len() / 2]).unwrap_err();
        assert_eq!(refusal.reason(), RejectReason::Damaged, "{name}");
    }
    // A JPEG that ends too early shows what came; its head must be there.
    let jpeg = written(&picture(64, 48), ImageFormat::Jpeg);
    assert_eq!(
        inspector.dimensions(&kind("image/jpeg"), &jpeg[..20]).map_err(|refusal| refusal.reason()),
        Err(RejectReason::Damaged)
    );
}

#[test]
fn a_drawing_with_a_script_is_no_picture() {
    let svg = br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>"#;
    let plain = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    for bytes in [&svg[..], &plain[..]] {
        for name in ["a.png", "a.jpg", "a.gif", "a.webp"] {
            assert_eq!(sniff(name, bytes), Err(RejectReason::TypeMismatch), "{name}");
        }
        let found = sniff("a.svg", bytes);
        assert!(!matches!(&found, Ok(kind) if MediaType::new(kind).unwrap().is_raster()), "{found:?}");
    }
    let refusal = Inspector::default().thumbnail(&kind("image/svg+xml"), svg).unwrap_err();
    assert_eq!(refusal.reason(), RejectReason::TypeNotAllowed);
}

#[test]
fn a_page_or_a_program_that_is_called_a_picture_is_a_mismatch() {
    let programs: [&[u8]; 5] = [
        b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0\x01\0\0\0",
        b"#!/bin/sh\nrm -rf /\n",
        b"%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript>> >>",
    ];
    for bytes in programs {
        assert_eq!(sniff("photo.png", bytes), Err(RejectReason::TypeMismatch), "{bytes:?}");
    }
    assert_eq!(sniff("invoice.pdf", programs[4]), Ok("application/pdf".to_owned()));
    assert_eq!(
        sniff("picture.gif", &written(&picture(4, 4), ImageFormat::Png)),
        Err(RejectReason::TypeMismatch)
    );
    assert_eq!(sniff("photo.png", b""), Err(RejectReason::Empty));
}

#[test]
fn what_hides_behind_a_picture_stays_behind() {
    const PAYLOAD: &[u8] = b"<script>alert(document.domain)</script>";
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
        let mut both = written(&picture(40, 30), format);
        both.extend(PAYLOAD);
        let media_type = kind(format.to_mime_type());
        assert_eq!(sniff("a.html", &both), Err(RejectReason::TypeMismatch));
        let small = Inspector::default().thumbnail(&media_type, &both).unwrap();
        assert!(!contains(&small.bytes, b"script"), "{format:?}");
    }
    // A picture that is a program too, for whoever reads only its first bytes.
    let script = b"GIF89a/*\x01\x00\x80\x00\x00*/=1;alert(1)//;".to_vec();
    let refusal = Inspector::default().dimensions(&kind("image/gif"), &script).unwrap_err();
    assert!(matches!(refusal.reason(), RejectReason::Damaged | RejectReason::TooManyPixels), "{refusal}");
}

#[test]
fn a_moving_picture_has_at_most_so_many_pictures() {
    let inspector = Inspector::default();
    assert!(inspector.dimensions(&kind("image/gif"), &gif_of(64)).is_ok());
    let refusal = inspector.dimensions(&kind("image/gif"), &gif_of(65)).unwrap_err();
    assert!(
        matches!(&refusal, MediaRefusal::OverLimit { limit, actual: 65 } if limit.name == "picture_frames"),
        "{refusal}"
    );
    let mut moving = png_claiming(4, 4);
    // What says how many there are stands before the pixels, which are the second part.
    let said = [&[0, 0, 0, 8][..], b"acTL", &[0, 1, 0, 0, 0, 0, 0, 0], &[0; 4]].concat();
    moving.splice(33..33, said);
    assert!(inspector.dimensions(&kind("image/png"), &moving).is_err());
}

#[test]
fn a_thumbnail_keeps_nothing_but_pixels() {
    const PLACE: &[u8] = b"GPS 48.137154 11.576124";
    let mut jpeg = Vec::new();
    picture(900, 600).write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    // A comment and an application's own part, right behind the start.
    let mut part = vec![0xFF, 0xFE, 0, u8::try_from(PLACE.len() + 2).unwrap()];
    part.extend(PLACE);
    jpeg.splice(2..2, part);
    assert!(contains(&jpeg, b"GPS"));
    let small = Inspector::default().thumbnail(&kind("image/jpeg"), &jpeg).unwrap();
    assert!(!contains(&small.bytes, b"GPS"));
    assert_eq!(small.dimensions, Dimensions { width: 320, height: 213 });
    assert_eq!(small.media_type, kind("image/jpeg"));
    assert!(small.bytes.len() < jpeg.len());
}

#[test]
fn a_thumbnail_stands_upright_and_stays_transparent() {
    // Two pixels wide, turned by a quarter when it is shown.
    let mut jpeg = written(&picture(32, 16), ImageFormat::Jpeg);
    let exif = [
        &[0xFF, 0xE1, 0, 34][..],
        b"Exif\0\0",
        b"II*\0\x08\0\0\0",
        b"\x01\0",
        b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0",
        b"\0\0\0\0",
    ]
    .concat();
    jpeg.splice(2..2, exif);
    let inspector = Inspector::default();
    let upright = Dimensions { width: 16, height: 32 };
    assert_eq!(inspector.dimensions(&kind("image/jpeg"), &jpeg), Ok(upright));
    assert_eq!(inspector.thumbnail(&kind("image/jpeg"), &jpeg).unwrap().dimensions, upright);
    let clear = DynamicImage::from(RgbaImage::from_pixel(8, 8, Rgba([1, 2, 3, 0])));
    let small = inspector.thumbnail(&kind("image/png"), &written(&clear, ImageFormat::Png)).unwrap();
    assert_eq!(small.media_type, kind("image/png"));
}

#[test]
fn decoding_takes_no_more_memory_than_it_may() {
    let mut limits = Limits::default();
    limits.decode_bytes = 10_000;
    let inspector = Inspector::new(limits);
    let png = written(&picture(200, 200), ImageFormat::Png);
    assert!(inspector.dimensions(&kind("image/png"), &png).is_ok());
    assert!(inspector.thumbnail(&kind("image/png"), &png).is_err());
}

#[test]
fn a_text_is_one_by_every_byte_that_is_looked_at() {
    assert_eq!(sniff("notes.txt", "Grüße\r\n\tAnn".as_bytes()), Ok("text/plain".to_owned()));
    assert_eq!(sniff("notes.txt", b"a\0b"), Err(RejectReason::TypeMismatch));
    assert_eq!(sniff("notes.txt", b"\xff\xfe\xfd"), Err(RejectReason::TypeMismatch));
    assert_eq!(sniff("notes.txt", b"<!DOCTYPE html><html>"), Err(RejectReason::TypeMismatch));
    assert_eq!(sniff("data.bin", b"a\0b"), Ok("application/octet-stream".to_owned()));
    // A letter may be cut where looking ends.
    let long = format!("a{}", "é".repeat(9_000));
    assert_eq!(sniff("notes.txt", &long.as_bytes()[..8 * 1024]), Ok("text/plain".to_owned()));
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_it_panic(
        format in 0_usize..4,
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..24),
        cut in any::<prop::sample::Index>(),
    ) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP][format];
        let mut bytes = written(&picture(24, 16), format);
        let at = at.index(bytes.len());
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        bytes.truncate(cut.index(bytes.len()).max(bytes.len() / 2));
        let inspector = Inspector::default();
        let media_type = kind(format.to_mime_type());
        let _ = inspector.media_type(&FileName::clean("a"), &bytes);
        let size = inspector.dimensions(&media_type, &bytes);
        if let Ok(small) = inspector.thumbnail(&media_type, &bytes) {
            prop_assert!(size.is_ok());
            prop_assert!(small.dimensions.width.max(small.dimensions.height) <= 320);
        }
    }
}
