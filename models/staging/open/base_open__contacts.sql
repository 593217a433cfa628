{{ landed('open', 'contacts') }}
