//! The pcapng format: sections of blocks (draft-ietf-opsawg-pcapng). Reads frames, names and TLS keys; skips blocks that it
//! does not know; takes what an odd option list still tells. Where a block is broken it stops, as `tshark` does.

mod interface;
mod names;
mod options;
mod packet;

use std::io;
use std::ops::Range;

use byteorder_slice::{BigEndian, LittleEndian};
use pcap_file::pcapng::RawBlock;

use crate::model::{LinkType, Timestamp};

use super::buffer::Buffer;
use super::info::Info;
use super::order::Order;
use super::{Damage, MAX_BLOCK, MAX_INTERFACES, Refusal, Step};
use interface::Clock;
use names::Names;
use options::Options;

/// The first four bytes of every section; the same in either byte order.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAMES: u32 = 4;
const ENHANCED_PACKET: u32 = 6;
const SECRETS: u32 = 10;

/// Type and length before the body, length again behind it.
const HEAD: usize = 8;
const FRAMING: usize = 12;

/// Where a section header's block holds its version.
const VERSION: usize = 12;

/// The kind of secrets that is the text of a TLS key log ("TLSK").
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// A pcapng file, from its first section on.
#[derive(Debug)]
pub(super) struct Pcapng {
    order: Order,
    interfaces: Vec<Described>,
    /// Records of a name resolution block that were not handed out yet, as positions in the buffer.
    names: Option<Names>,
    comments: Vec<String>,
    /// Simple packet blocks carry no time: theirs is that of the frame before.
    latest: Timestamp,
    told_no_times: bool,
}

/// What an interface description says about the frames that follow.
#[derive(Debug)]
struct Described {
    link: LinkType,
    snaplen: u32,
    clock: Clock,
}

/// Where a block's parts stand.
struct Outline {
    kind: u32,
    body: Range<usize>,
}

/// Looks at the first section's header without taking it: what is wrong there means that the file is no capture.
pub(super) fn check(buffer: &mut Buffer) -> io::Result<Result<(), Refusal>> {
    if !buffer.fill(VERSION + 4)? {
        return Ok(Err(Refusal::Cut(Damage::cut(
            "section header",
            buffer.ahead().len(),
            FRAMING + 16,
        ))));
    }
    let ahead = buffer.ahead();
    let Some(order) = byte_order(ahead) else {
        return Ok(Err(Refusal::Because(
            "it begins like a pcapng file, but has no byte-order mark".to_owned(),
        )));
    };
    Ok(version(order, ahead, VERSION).map_err(|damage| Refusal::Because(damage.text)))
}

impl Pcapng {
    /// A reader of the file that `buffer` begins with; the first block has to be a section header.
    pub(super) const fn new() -> Self {
        Self {
            order: Order::Little,
            interfaces: Vec::new(),
            names: None,
            comments: Vec::new(),
            latest: Timestamp(0),
            told_no_times: false,
        }
    }

    /// The comments of the frame that was found last.
    #[inline]
    pub(super) fn comments(&self) -> &[String] {
        &self.comments
    }

    /// The next frame, name or secret.
    pub(super) fn step(&mut self, buffer: &mut Buffer, info: &mut Info) -> io::Result<Step> {
        loop {
            if let Some(names) = &mut self.names {
                if let Some(name) = names.next(self.order, buffer) {
                    return Ok(name);
                }
                self.names = None;
            }
            let block = match self.next_block(buffer)? {
                Ok(Some(block)) => block,
                Ok(None) => return Ok(Step::End),
                Err(damage) => return Ok(Step::Stop(damage)),
            };
            let body = buffer.slice(block.body.clone());
            let found = match block.kind {
                SECTION => self.section(body, info).map(|()| None),
                INTERFACE => self.interface(body, info).map(|()| None),
                ENHANCED_PACKET => self.enhanced_packet(body).map(Some),
                SIMPLE_PACKET => self.simple_packet(body, info).map(Some),
                PACKET => self.packet(body).map(Some),
                SECRETS => match secrets(self.order, body) {
                    Some(text) => return Ok(Step::Secrets(shift(&text, block.body.start))),
                    None => continue,
                },
                NAMES => {
                    self.names = Some(Names::new(block.body));
                    continue;
                }
                _ => continue,
            };
            match found {
                Ok(Some(mut record)) => {
                    record.at = shift(&record.at, block.body.start);
                    self.latest = record.time;
                    return Ok(Step::Frame(record));
                }
                Ok(None) => {}
                Err(damage) => return Ok(Step::Stop(damage)),
            }
        }
    }

    /// Takes the next block from the buffer; `None` where the file may end.
    fn next_block(&mut self, buffer: &mut Buffer) -> io::Result<Result<Option<Outline>, Damage>> {
        if !buffer.fill(FRAMING)? {
            let have = buffer.ahead().len();
            return Ok(if have == 0 {
                Ok(None)
            } else {
                Err(Damage::cut("block", have, FRAMING))
            });
        }
        let ahead = buffer.ahead();
        let kind = self.order.u32(ahead, 0).unwrap_or(0);
        if kind == SECTION {
            // A new section may have been written by another host.
            let Some(order) = byte_order(ahead) else {
                return Ok(Err(broken("a section has no byte-order mark".to_owned())));
            };
            self.order = order;
        }
        let length = self.order.u32(ahead, 4).unwrap_or(0);
        if length > MAX_BLOCK {
            return Ok(Err(broken(format!(
                "a block claims {length} bytes, more than the {MAX_BLOCK} that are believed"
            ))));
        }
        let length = length as usize;
        if !buffer.fill(length)? {
            return Ok(Err(Damage::cut("block", buffer.ahead().len(), length)));
        }
        let parsed = match self.order {
            Order::Big => RawBlock::from_slice::<BigEndian>(buffer.ahead()),
            Order::Little => RawBlock::from_slice::<LittleEndian>(buffer.ahead()),
        };
        if let Err(error) = parsed {
            let because = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            return Ok(Err(broken(format!(
                "a block does not hold together: {because}"
            ))));
        }
        let at = buffer.take(length);
        Ok(Ok(Some(Outline {
            kind,
            body: at.start + HEAD..at.end - 4,
        })))
    }

    fn section(&mut self, body: &[u8], info: &mut Info) -> Result<(), Damage> {
        self.interfaces.clear();
        version(self.order, body, VERSION - HEAD)?;
        for (code, value) in Options::new(self.order, body, 16) {
            match code {
                options::COMMENT => info.comment(options::text(value)),
                2 => info.hardware = Some(options::text(value)),
                3 => info.os = Some(options::text(value)),
                4 => info.application = Some(options::text(value)),
                _ => {}
            }
        }
        Ok(())
    }

    fn interface(&mut self, body: &[u8], info: &mut Info) -> Result<(), Damage> {
        let (Some(link), Some(snaplen)) = (self.order.u16(body, 0), self.order.u32(body, 4)) else {
            return Err(broken("an interface description is too short".to_owned()));
        };
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(broken(format!(
                "a section describes more than {MAX_INTERFACES} interfaces"
            )));
        }
        let link = LinkType(u32::from(link));
        let (clock, described) = interface::read(link, Options::new(self.order, body, 8), info);
        self.interfaces.push(Described {
            link,
            snaplen,
            clock,
        });
        info.interface(described);
        Ok(())
    }
}

/// The byte order of a section, from the mark behind its header's type and length.
fn byte_order(block: &[u8]) -> Option<Order> {
    match Order::Little.u32(block, HEAD)? {
        0x1a2b_3c4d => Some(Order::Little),
        0x4d3c_2b1a => Some(Order::Big),
        _ => None,
    }
}

/// Checks a section's version, at offset `at`. Some tools wrote 1.2, which is the same as 1.0.
fn version(order: Order, bytes: &[u8], at: usize) -> Result<(), Damage> {
    match (order.u16(bytes, at), order.u16(bytes, at + 2)) {
        (Some(1), Some(0 | 2)) => Ok(()),
        (Some(major), Some(minor)) => Err(broken(format!(
            "a section says pcapng version {major}.{minor}, and only 1.0 is known"
        ))),
        _ => Err(broken("a section header is too short".to_owned())),
    }
}

/// The text of a TLS key log in a secrets block's body; other secrets are left alone.
fn secrets(order: Order, body: &[u8]) -> Option<Range<usize>> {
    if order.u32(body, 0)? != TLS_KEY_LOG {
        return None;
    }
    let length = usize::try_from(order.u32(body, 4)?).ok()?;
    Some(8..body.len().min(length.saturating_add(8)))
}

fn shift(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn broken(text: String) -> Damage {
    Damage {
        code: "damaged-block",
        text,
    }
}
