//! One frame, decoded in full and shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewalk::decode::Dissection;
use wirewalk::flow::{Flows, Want};
use wirewalk::model::{LinkType, PacketId, Timestamp};
use wirewalk::render::Look;
use wirewalk::render::glyphs::Charset;
use wirewalk::render::show::{self, Options};
use wirewalk::render::theme::Theme;
use wirewalk::secrets::Secrets;
use wirewalk::view::frame::FrameView;
use wirewalk::view::timeline::Depth;

fuzz_target!(|data: &[u8]| {
    let Some((link, frame)) = data.split_first() else {
        return;
    };
    for want in [Want::Fields, Want::Events, Want::Conversations] {
        let mut d = Dissection::default();
        let length = frame.len() as u32;
        let link = LinkType(u32::from(*link));
        d.begin(PacketId(1), Timestamp(1), link, length, length);
        let mut flows = Flows::new(want);
        flows.feed(frame, &mut d, &mut Secrets::new());
        flows.finish();
        if want != Want::Fields {
            continue;
        }
        for layer in &d.layers {
            assert!(layer.fields.0 <= layer.fields.1 && layer.fields.1 as usize <= d.fields.len());
        }
        let view = FrameView::new(frame, &d, Timestamp(0), false);
        serde_json::to_vec(&view).unwrap();
        let look = Look {
            width: 80,
            charset: Charset::Unicode,
            theme: Theme::standard(),
            colour: false,
        };
        let options = Options {
            depth: Depth::Deep,
            mark: Vec::new(),
        };
        let drawn: Result<(), ()> = show::draw(&view, &look, &options, |lines| {
            assert!(
                lines
                    .iter()
                    .all(|line| !line.text().chars().any(char::is_control))
            );
            Ok(())
        });
        assert_eq!(drawn, Ok(()));
    }
});
