//! Go's slices: shared, with a type of element.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
};

use super::{Str, Value, map::release};

/// The type of a list's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elem {
    /// `[]any`
    Any,
    /// `[]string`
    Str,
    /// `[]int`
    Int,
    /// `[]byte`
    Byte,
    /// `[][]any`, as `chunk` gives
    List,
}

/// A Go slice: a window on shared items. Only `sortAlpha` writes through it.
#[derive(Clone)]
pub(crate) struct List {
    elem: Elem,
    nil: bool,
    start: u32,
    len: u32,
    items: Rc<Items>,
}

struct Items(RefCell<Vec<Value>>);

impl Drop for Items {
    fn drop(&mut self) {
        release(std::mem::take(self.0.get_mut()));
    }
}

impl List {
    /// A new list; every item must be of the element type.
    pub(crate) fn new(elem: Elem, items: Vec<Value>) -> Self {
        // The value budget keeps lists far below 2^32 items.
        let len = u32::try_from(items.len()).expect("lists are bounded by the limits");
        Self { elem, nil: false, start: 0, len, items: Rc::new(Items(RefCell::new(items))) }
    }

    /// Go's nil slice: empty, and `null` in JSON.
    pub(crate) fn nil(elem: Elem) -> Self {
        Self { nil: true, ..Self::new(elem, Vec::new()) }
    }

    /// Bytes as Go's `[]byte`.
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Self::new(Elem::Byte, bytes.iter().map(|b| Value::Uint8(*b)).collect())
    }

    pub(crate) fn elem(&self) -> Elem {
        self.elem
    }

    pub(crate) fn is_nil(&self) -> bool {
        self.nil
    }

    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// The items; do not hold this while calling anything that may sort the list.
    pub(crate) fn items(&self) -> Ref<'_, [Value]> {
        let (start, end) = (self.start as usize, (self.start + self.len) as usize);
        Ref::map(self.items.0.borrow(), |items| &items[start..end])
    }

    /// The item at `index`.
    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        self.items().get(index).cloned()
    }

    /// Go's `list[from:to]`, which shares the items; `None` when out of range.
    pub(crate) fn window(&self, from: usize, to: usize) -> Option<Self> {
        if from > to || to > self.len() {
            return None;
        }
        let (from, len) = (u32::try_from(from).ok()?, u32::try_from(to - from).ok()?);
        Some(Self { start: self.start + from, len, ..self.clone() })
    }

    /// Sorts the items in place, as everyone who shares them will see.
    pub(crate) fn sort_by_text(&self) {
        let (start, end) = (self.start as usize, (self.start + self.len) as usize);
        self.items.0.borrow_mut()[start..end].sort_by(|a, b| match (a, b) {
            (Value::Str(a), Value::Str(b)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        });
    }

    /// The content of a `[]byte`, which some functions treat as text.
    pub(crate) fn as_bytes(&self) -> Option<Vec<u8>> {
        (self.elem == Elem::Byte)
            .then(|| self.items().iter().map(|v| if let Value::Uint8(b) = v { *b } else { 0 }).collect())
    }

    /// The content of a `[]string`.
    pub(crate) fn as_strings(&self) -> Option<Vec<Str>> {
        (self.elem == Elem::Str).then(|| {
            self.items()
                .iter()
                .filter_map(|v| if let Value::Str(s) = v { Some(s.clone()) } else { None })
                .collect()
        })
    }

    /// Whether both are windows on the same items.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.items, &other.items) && self.start == other.start && self.len == other.len
    }

    pub(crate) fn go_type(&self) -> &'static str {
        match self.elem {
            Elem::Any => "[]interface {}",
            Elem::Str => "[]string",
            Elem::Int => "[]int",
            Elem::Byte => "[]uint8",
            Elem::List => "[][]interface {}",
        }
    }

    /// Takes the items out when nobody else holds them.
    pub(super) fn into_items(self) -> Vec<Value> {
        Rc::into_inner(self.items).map(|items| items.0.take()).unwrap_or_default()
    }
}
